/** The parts of mailauth that sign; it has types only for the whole. */

declare module 'mailauth/lib/dkim/header/index.js' {
  /** @param fields `keys`: names for the h= tag, joined by `: `; `headers`: the fields that exist, in the same order. */
  export function generateCanonicalizedHeader(
    type: 'DKIM',
    fields: { keys: string; headers: readonly { line: Buffer }[] },
    options: {
      signingDomain: string;
      selector: string;
      algorithm: string;
      canonicalization: string;
      bodyHash: string;
      /** Seconds. */
      timestamp: number;
      /** Seconds; false: none. */
      expiration: number | false;
    },
  ): { canonicalizedHeader: Buffer; dkimHeaderOpts: Record<string, unknown> };
}

declare module 'mailauth/lib/dkim/body/index.js' {
  export function dkimBody(
    canonicalization: string,
    algorithm: 'sha256',
  ): { update: (chunk: Buffer) => void; digest: (encoding: 'base64') => string };
}

declare module 'mailauth/lib/tools.js' {
  export function formatSignatureHeaderLine(type: 'DKIM', values: Record<string, unknown>, isFolded: boolean): string;
}
