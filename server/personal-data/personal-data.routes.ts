/** HTTP for what is known of a person outside: hand it over, erase it. */
import { erasePersonalData, exportPersonalData } from '../../contracts/personal-data.ts';
import { callerName, type Router } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import type { PersonalDataStore } from './personal-data.store.ts';

export const addPersonalDataRoutes = ({ route }: Router, store: PersonalDataStore): void => {
  route(exportPersonalData, async ({ body, caller, reply }) => {
    reply
      .header('cache-control', 'no-store')
      .header('content-disposition', 'attachment; filename="personal-data.json"');
    return store.export(body.address, callerName(caller));
  });

  route(erasePersonalData, async ({ body, caller }) => {
    const done = await store.erase(body.address, callerName(caller));
    if (done.outcome === 'erased') return done;
    const many = done.messages === 1 ? 'One message' : `${done.messages} messages`;
    throw new Refusal(
      'conflict',
      `${many} to this address still wait, and could not be sent any more. Cancel them first, or let them go; in the message log: to:${body.address} status:waiting. Nothing was erased.`,
    );
  });
};
