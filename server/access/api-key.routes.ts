/** HTTP for the API keys page. The key itself leaves once, in the reply that creates it. */
import { createApiKey, deleteApiKey, listApiKeys } from '../../contracts/access.ts';
import { type Clock, toIso, toIsoOrNull } from '../platform/clock.ts';
import { callerName, type Router } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import type { ApiKeyStore, StoredApiKey } from './api-key.store.ts';

export const addApiKeyRoutes = ({ route }: Router, apiKeys: ApiKeyStore, clock: Clock): void => {
  route(listApiKeys, async () => ({ data: (await apiKeys.listApiKeys()).map(toContract) }));

  route(createApiKey, async ({ body, caller, reply }) => {
    const { key, ...stored } = await apiKeys.createApiKey(body, callerName(caller), clock.now());
    // Neither a proxy nor the browser may keep it.
    reply.header('cache-control', 'no-store');
    return { ...toContract(stored), key };
  });

  route(deleteApiKey, async ({ params }) => {
    if (await apiKeys.deleteApiKey(params.id)) return undefined;
    throw new Refusal('not_found', 'There is no API key with this id; it may have been revoked already.');
  });
};

const toContract = (key: StoredApiKey) => ({
  ...key,
  createdAt: toIso(key.createdAt),
  lastUsedAt: toIsoOrNull(key.lastUsedAt),
  expiresAt: toIsoOrNull(key.expiresAt),
});
