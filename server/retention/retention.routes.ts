/** HTTP for how long mail is kept. */
import { changeRetention, readRetention } from '../../contracts/retention.ts';
import type { Router } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import type { RetentionStore } from './retention.store.ts';
import { findRetentionFault } from './retention.ts';

export interface RetentionRouteParts {
  store: Pick<RetentionStore, 'read' | 'write'>;
  onChange: () => void;
}

export const addRetentionRoutes = ({ route }: Router, { store, onChange }: RetentionRouteParts): void => {
  route(readRetention, () => store.read());
  route(changeRetention, async ({ body }) => {
    const before = await store.read();
    const retention = {
      body_days: body.body_days === undefined ? before.body_days : body.body_days,
      message_days: body.message_days === undefined ? before.message_days : body.message_days,
    };
    const message = findRetentionFault(retention);
    if (message !== null) {
      const path = body.body_days === undefined ? 'message_days' : 'body_days';
      throw new Refusal('validation_error', message, { fields: [{ path, code: 'too_long', message }] });
    }
    await store.write(retention);
    onChange();
    return retention;
  });
};
