/** HTTP for Branding: its fields, and the logo as a picture. */
import {
  type Branding,
  changeBranding,
  changeLogo,
  deleteLogo,
  logoLimitBytes,
  readBranding,
  readLogo,
} from '../../contracts/branding.ts';
import { callerName, type Router } from '../platform/http.ts';
import { readIfMatch } from '../platform/if-match.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import { decodeBase64 } from '../submission/decode-base64.ts';
import type { BrandingFields } from './brand-values.ts';
import type { BrandingStore } from './branding.store.ts';
import { readPicture } from './read-picture.ts';

export const addBrandingRoutes = ({ route }: Router, store: BrandingStore): void => {
  route(readBranding, async ({ reply }) => {
    const { branding } = await store.read();
    reply.header('etag', etagOf(branding));
    return branding;
  });

  route(changeBranding, async ({ body, caller, request, reply }) => {
    const { version: bodyVersion, ...changes } = body;
    const { logo, version, updated_at, updated_by, ...before } = (await store.read()).branding;
    const expected = readIfMatch(request) ?? bodyVersion ?? version;
    const saved =
      expected === version
        ? await store.change(version, { ...before, ...(changes as Partial<BrandingFields>) }, callerName(caller))
        : null;
    if (!saved) refuseVersion((await store.read()).branding);
    reply.header('etag', etagOf(saved.branding));
    return saved.branding;
  });

  route(changeLogo, async ({ body, caller, reply }) => {
    const bytes = decodeBase64(body.content);
    if (!bytes) throw refuseField('content', 'invalid', 'Give the picture as plain base64, without "data:…;base64,".');
    if (bytes.length > logoLimitBytes) {
      const message = 'At most 200 KB: the logo travels with every message. Save it smaller.';
      throw refuseField('content', 'too_large', message);
    }
    const read = readPicture(bytes);
    if (!read.ok) throw new Refusal('validation_error', read.problem.message, { fields: [read.problem] });
    const { branding } = await store.changeLogo({ ...read.picture, bytes }, callerName(caller));
    reply.header('etag', etagOf(branding));
    return branding;
  });

  route(deleteLogo, async ({ caller }) => {
    await store.changeLogo(null, callerName(caller));
    return undefined;
  });

  route(readLogo, async ({ reply }) => {
    const { logo } = await store.read();
    if (!logo) throw new Refusal('not_found', 'There is no logo.');
    reply.type(logo.contentType).headers({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-cache',
    });
    reply.send(logo.bytes);
    return undefined;
  });
};

const etagOf = ({ version }: Branding): string => `"${version}"`;

function refuseVersion(current: Branding): never {
  throw new Refusal(
    'version_conflict',
    `Somebody else (${current.updated_by}) saved Branding in the meantime. Look at "current", and send your change again with If-Match: ${etagOf(current)}.`,
    { current, headers: { etag: etagOf(current) } },
  );
}
