/**
 * Links that are mailed to people. The token is 256 random bits and stands behind the #: a browser sends it to no server,
 * so it is in no log, no Referer, and a scanner that fetches links uses nothing up. They are built from POSTERN_PUBLIC_URL
 * alone; what a request says about its host is never looked at (faults: reset-link poisoning).
 */
import { randomBytes } from 'node:crypto';

export type LinkPurpose = 'invitation' | 'password-reset' | 'email-change';

const minute = 60_000;

export const linkMs: Record<LinkPurpose, number> = {
  invitation: 7 * 24 * 60 * minute,
  'password-reset': 30 * minute,
  'email-change': 24 * 60 * minute,
};

/** 43 characters of base64url. */
export const makeLinkToken = (): string => randomBytes(32).toString('base64url');

/** @param publicUrl without a slash at the end */
export const printLink = (publicUrl: string, purpose: LinkPurpose, token: string): string =>
  `${publicUrl}/${purpose}#${token}`;

/** What helps where no mail can be sent. ADDRESS stands for the person's. */
export const resetCommand = 'npm run postern -- person reset-link ADDRESS';
