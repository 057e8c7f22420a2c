/**
 * What the usual mail providers want, as they document it for client submission.
 * A preset fills host, port and security; user name only where the provider fixes it. `needs` says what has to be done there first.
 */
import type { SmtpSettingsChanges } from '../../../contracts/smtp-settings.ts';

type Fill = Pick<SmtpSettingsChanges, 'host' | 'port' | 'starttlsOnly' | 'security' | 'username'>;

export interface Preset {
  id: string;
  name: string;
  needs: string[];
  /** One, or one for each region of the provider. */
  servers: { region: string; fill: Fill }[];
}

const starttls = (host: string, port = 587): Fill => ({ host, port, starttlsOnly: true, security: 'automatic' });
const implicitTls = (host: string): Fill => ({ host, port: 465, starttlsOnly: false, security: 'tls' });
const only = (fill: Fill) => [{ region: '', fill }];

const sesRegions: [id: string, place: string][] = [
  ['us-east-1', 'US East, N. Virginia'],
  ['us-east-2', 'US East, Ohio'],
  ['us-west-1', 'US West, N. California'],
  ['us-west-2', 'US West, Oregon'],
  ['ca-central-1', 'Canada, Central'],
  ['sa-east-1', 'South America, São Paulo'],
  ['eu-central-1', 'Europe, Frankfurt'],
  ['eu-west-1', 'Europe, Ireland'],
  ['eu-west-2', 'Europe, London'],
  ['eu-west-3', 'Europe, Paris'],
  ['eu-north-1', 'Europe, Stockholm'],
  ['ap-south-1', 'Asia Pacific, Mumbai'],
  ['ap-northeast-1', 'Asia Pacific, Tokyo'],
  ['ap-northeast-2', 'Asia Pacific, Seoul'],
  ['ap-northeast-3', 'Asia Pacific, Osaka'],
  ['ap-southeast-1', 'Asia Pacific, Singapore'],
  ['ap-southeast-2', 'Asia Pacific, Sydney'],
];

const zohoRegions: [domain: string, place: string][] = [
  ['com', 'United States'],
  ['eu', 'Europe'],
  ['in', 'India'],
  ['com.au', 'Australia'],
  ['jp', 'Japan'],
  ['sa', 'Saudi Arabia'],
  ['com.cn', 'China'],
];

export const presets: readonly Preset[] = [
  {
    id: 'gmail',
    name: 'Gmail and Google Workspace',
    needs: [
      'Username is the full address.',
      'Password is an app password: turn on 2-Step Verification for the account, then make one. The account’s own password is refused.',
      'Email Address must be the account’s own address or one of its verified “Send mail as” addresses.',
    ],
    servers: only(starttls('smtp.gmail.com')),
  },
  {
    id: 'microsoft-365',
    name: 'Microsoft 365',
    needs: [
      'From the end of December 2026 Microsoft switches off signing in with a password (basic authentication) by default; until then, or where an administrator turns it back on, this works.',
      '“Authenticated SMTP” must be allowed for the mailbox, and Security defaults must not forbid it.',
      'Username is the mailbox’s full address. Email Address must be that address, or one it has the Send As right for.',
    ],
    servers: only(starttls('smtp.office365.com')),
  },
  {
    id: 'amazon-ses',
    name: 'Amazon SES',
    needs: [
      'Username and Password are SMTP credentials made in the SES console; access keys are refused, and each region has its own.',
      'The address or the domain of Email Address must be verified in the same region.',
      'A new account is in Amazon’s sandbox and can send only to verified addresses.',
    ],
    servers: sesRegions.map(([id, place]) => ({
      region: `${place} (${id})`,
      fill: starttls(`email-smtp.${id}.amazonaws.com`),
    })),
  },
  {
    id: 'sendgrid',
    name: 'SendGrid',
    needs: [
      'Username is the word apikey itself; Password is an API key that may send mail.',
      'Email Address must be a verified single sender or belong to an authenticated domain.',
    ],
    servers: only({ ...starttls('smtp.sendgrid.net'), username: 'apikey' }),
  },
  {
    id: 'mailgun',
    name: 'Mailgun',
    needs: [
      'Username and Password are the domain’s SMTP credentials, for example postmaster@mg.example.com; an API key is refused.',
      'The domain of Email Address must be verified, in the same region.',
    ],
    servers: [
      { region: 'United States', fill: starttls('smtp.mailgun.org') },
      { region: 'Europe', fill: starttls('smtp.eu.mailgun.org') },
    ],
  },
  {
    id: 'postmark',
    name: 'Postmark',
    needs: [
      'Username and Password are both the Server API token; or the access key and secret key of an SMTP token.',
      'Email Address needs a confirmed sender signature or a verified domain.',
      'Newsletters go through smtp-broadcasts.postmarkapp.com instead.',
    ],
    servers: only(starttls('smtp.postmarkapp.com')),
  },
  {
    id: 'brevo',
    name: 'Brevo',
    needs: [
      'Username is the SMTP login that Brevo shows under SMTP & API; Password is an SMTP key. An API key is refused.',
      'Email Address must be a verified sender or belong to an authenticated domain.',
    ],
    servers: only(implicitTls('smtp-relay.brevo.com')),
  },
  {
    id: 'mailjet',
    name: 'Mailjet',
    needs: [
      'Username is the API key, Password is the secret key.',
      'Email Address must be a validated sender or belong to a validated domain.',
    ],
    servers: only(starttls('in-v3.mailjet.com')),
  },
  {
    id: 'zoho',
    name: 'Zoho Mail',
    needs: [
      'Choose the region your account lives in; the others refuse the password.',
      'Username is the full address. With two-factor sign-in, Password is an app password.',
      'Paid accounts with their own domain use smtppro instead of smtp in the host name, for example smtppro.zoho.eu.',
    ],
    servers: zohoRegions.map(([domain, place]) => ({ region: place, fill: implicitTls(`smtp.zoho.${domain}`) })),
  },
  {
    id: 'fastmail',
    name: 'Fastmail',
    needs: [
      'Password is an app password; the account’s own password is refused.',
      'Username is the full address. Email Address must be one of the account’s addresses.',
    ],
    servers: only(implicitTls('smtp.fastmail.com')),
  },
  {
    id: 'icloud',
    name: 'iCloud Mail',
    needs: [
      'Password is an app-specific password; the Apple Account needs two-factor authentication to make one.',
      'Username is the full iCloud address, and Email Address must be one of that account’s addresses.',
    ],
    servers: only(starttls('smtp.mail.me.com')),
  },
  {
    id: 'yahoo',
    name: 'Yahoo Mail',
    needs: [
      'Password is an app password made under Account security; the account’s own password is refused.',
      'Username is the full address, and Email Address must be the same.',
    ],
    servers: only(implicitTls('smtp.mail.yahoo.com')),
  },
  {
    id: 'local-relay',
    name: 'A relay on this machine',
    needs: [
      'A mail server such as Postfix or Exim must listen on port 25 here and relay for this machine.',
      'The connection does not leave the machine, so it is neither encrypted nor authenticated.',
    ],
    servers: only({ host: 'localhost', port: 25, starttlsOnly: false, security: 'none', username: '' }),
  },
];
