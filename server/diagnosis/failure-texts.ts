/**
 * What every failure code means, readable from top to bottom; docs/errors.md is generated from it.
 *
 * `title` says what happened, with the names of the case at hand; `explanation` why that usually happens and what to do.
 * Words in braces are replaced by `explainFailure`. `repairs` names what Postern may offer to change, in this order, each
 * only where it fits the case (suggest-repairs.ts). Where the server's own words say more, known-replies.ts has a better
 * explanation for the same code.
 */
import type { FailureCode } from '../../contracts/diagnosis.ts';
import type { RepairName } from './suggest-repairs.ts';

export interface FailureText {
  title: string;
  explanation: string;
  repairs: readonly RepairName[];
}

export const failureTexts: Record<FailureCode, FailureText> = {
  // DNS

  'dns-not-found': {
    title: 'There is no server named {host}.',
    explanation:
      'The name is usually misspelt, or it exists only inside another network. Compare Server Host Name with what your provider or administrator gave you: only the name, such as smtp.example.com.',
    repairs: [],
  },
  'dns-timeout': {
    title: 'The name servers did not answer when asked for {host}.',
    explanation:
      'Usually the DNS of this machine’s network is down or blocked by a firewall; the settings themselves may be right. Check that this machine can look up other names, then test again.',
    repairs: [],
  },
  'dns-failed': {
    title: 'The name {host} could not be looked up.',
    explanation:
      'The name servers answered with an error, which usually means trouble at the owner of the domain or in this machine’s DNS configuration. Test again in a few minutes; if it stays, ask who runs that domain.',
    repairs: [],
  },
  'address-refused': {
    title: 'Postern does not connect to {server}: that address is not allowed.',
    explanation:
      'Link-local, multicast and cloud metadata addresses never belong to a mail server and are always refused; private addresses are refused where POSTERN_DENY_PRIVATE_HOSTS is set. Check Server Host Name, or ask whoever runs this Postern.',
    repairs: [],
  },

  // TCP

  'connection-refused': {
    title: '{server} refuses connections on port {port}.',
    explanation:
      'The machine is there, but nothing listens on that port: usually the port number is wrong, or the mail server is not running. {probed} Most providers use port 465 or 587.',
    repairs: ['working-port'],
  },
  'connection-timeout': {
    title: '{server} did not answer on port {port}.',
    explanation:
      'Usually a firewall on the way drops the connection; many hosting companies block port 25, some also 465 and 587. {probed} Check the port, or ask your hosting company or network administrator to open it.',
    repairs: ['working-port'],
  },
  'host-unreachable': {
    title: 'There is no way from this machine to {server}.',
    explanation:
      'Usually the network is down, a route or VPN is missing, or the name leads to an address of another network. {probed} Check that this machine can reach that address at all.',
    repairs: ['working-port'],
  },
  'connection-failed': {
    title: 'The connection to {server} on port {port} failed.',
    explanation:
      'The network gave an error that Postern does not know better; the transcript has its words. {probed} Check the network and the firewall, then test again.',
    repairs: ['working-port'],
  },

  // TLS

  'tls-expected': {
    title: 'Port {port} of {host} speaks TLS from the start, but was spoken to in plain text.',
    explanation:
      'That is how port 465 usually works. Switch off Use STARTTLS Only and choose “TLS from the start” for this port, or use the STARTTLS port, usually 587.',
    repairs: ['tls-here', 'working-port'],
  },
  'tls-not-spoken': {
    title: 'Port {port} of {host} does not speak TLS from the start.',
    explanation:
      'The server answered in plain text. Ports such as 587 and 25 begin in plain text and switch to TLS with STARTTLS; TLS from the start is usually on port 465.',
    repairs: ['starttls-here', 'working-port', 'unencrypted-here'],
  },
  'starttls-not-offered': {
    title: '{host} does not offer STARTTLS on port {port}, so nothing was sent.',
    explanation:
      'Usually this is the wrong port, or encryption is not set up on that server. If it offered STARTTLS before, something on the way may be removing it, so find out before you go on without it. {probed}',
    repairs: ['working-port', 'unencrypted-here'],
  },
  'starttls-gone': {
    title: '{host} offered encryption on port {port} before and does not now, so nothing was sent.',
    explanation:
      'Either the server was changed, or something on the way removes the offer to read the mail. Ask whoever runs the server before you go on; if it really has no encryption any more, choose Security None, and mail crosses the line in plain text. {probed}',
    repairs: ['working-port', 'unencrypted-here'],
  },
  'starttls-refused': {
    title: '{host} offers STARTTLS on port {port}, but refused to start it.',
    explanation:
      'Usually the server has trouble with its own certificate or is overloaded for the moment. Test again in a few minutes; if it stays, tell whoever runs that server. {probed}',
    repairs: ['working-port'],
  },
  'tls-handshake-timeout': {
    title: '{host} did not finish setting up TLS on port {port} in time.',
    explanation:
      'Usually that port does not speak TLS, or a firewall that looks into traffic holds the connection. {probed} Check port and security; if both are right, ask whoever runs the network or the server.',
    repairs: ['starttls-here', 'working-port'],
  },
  'tls-failed': {
    title: 'TLS with {host} on port {port} could not be set up.',
    explanation:
      'Server and Postern found no common ground, or something on the way interfered; the transcript has the exact words. {probed} Ask whoever runs the server whether its TLS set-up is current.',
    repairs: ['starttls-here', 'working-port'],
  },
  'tls-version-too-old': {
    title: '{host} speaks only a version of TLS older than {tlsMinimum}, the oldest these settings accept.',
    explanation:
      'TLS 1.2 and 1.3 are safe; older ones are broken, and Postern never speaks them. If the server knows nothing newer than TLS 1.1, it needs an update, and until then another server must be used.',
    repairs: ['accept-tls-1.2', 'working-port'],
  },
  'certificate-expired': {
    title: 'The certificate of {host} ended on {validTo}.',
    explanation:
      'The owner of the server forgot to renew it, or the clock of this machine is wrong. Ask for a new certificate; if you know this server and must send now, you can trust exactly this certificate.',
    repairs: ['trust-certificate'],
  },
  'certificate-not-yet-valid': {
    title: 'The certificate of {host} is valid only from {validFrom}.',
    explanation:
      'Usually the clock of this machine is behind; check its date and time first. If the clock is right, the server’s certificate was made with a wrong date.',
    repairs: ['trust-certificate'],
  },
  'certificate-wrong-name': {
    title: 'The certificate that {host} shows is for another name: {names}.',
    explanation:
      'Usually the server is meant to be reached by a name on its certificate: use that as Server Host Name if you recognise it. If you do not, something on the way may be posing as your server.',
    repairs: ['trust-certificate'],
  },
  'certificate-self-signed': {
    title: 'The certificate of {host} is self-signed: nobody vouches for it but the server itself.',
    explanation:
      'That is common for servers inside a company. Compare the fingerprint below with the one the server’s administrator gives you, then trust exactly this certificate, or give your company’s own CA under Certificate check.',
    repairs: ['trust-certificate'],
  },
  'certificate-untrusted': {
    title: 'The certificate of {host} was issued by {issuer}, which this machine does not know.',
    explanation:
      'Usually a company’s own CA issued it, or the server does not send its intermediate certificate. Give that CA’s certificate under Certificate check, or compare the fingerprint with the administrator’s and trust exactly this certificate.',
    repairs: ['trust-certificate'],
  },
  'certificate-revoked': {
    title: 'The certificate of {host} was revoked by its issuer.',
    explanation:
      'A certificate is revoked when its key was lost or stolen, so there is no safe way to go on. The owner of the server must install a new one.',
    repairs: [],
  },
  'certificate-not-pinned': {
    title: '{host} shows another certificate than the one these settings trust.',
    explanation:
      'Usually the server got a new certificate when the old one ran out. Ask its administrator whether that is so, and compare the fingerprints, before you trust the new one; otherwise something on the way may be posing as your server.',
    repairs: ['trust-other-certificate'],
  },

  // Greeting and EHLO

  'greeting-timeout': {
    title: '{host} accepted the connection on port {port}, but never said a word.',
    explanation:
      'A mail server greets first. Silence usually means an overloaded server, a firewall that only pretends to connect, or a port that is not for mail. {probed} Check host and port, or ask whoever runs the server.',
    repairs: ['tls-here', 'working-port'],
  },
  'not-smtp': {
    title: 'What answers on port {port} of {host} is not a mail server{got}.',
    explanation:
      'The port belongs to another service, or the name leads to another machine. {probed} Check Server Host Name and Port: outgoing mail is usually on port 465 or 587.',
    repairs: ['working-port'],
  },
  'greeting-refused': {
    title: '{host} turned us away before we said anything.',
    explanation:
      'Servers do that to addresses they do not want to hear from: often the address of this machine is on a block list, or only listed addresses may connect. Its own words below usually say which; ask its administrator to allow this machine.',
    repairs: ['working-port'],
  },
  'server-busy': {
    title: '{host} is busy or under maintenance and asks to come back later.',
    explanation:
      'That is temporary and says nothing against these settings. Test again in a few minutes; if it stays for hours, ask whoever runs the server.',
    repairs: [],
  },
  'ehlo-refused': {
    title: '{host} did not accept our hello (EHLO {ehlo}).',
    explanation:
      'Usually a very old server or a firewall that rewrites mail traffic (“SMTP inspection”) stands in between. Ask whoever runs the server or the firewall.',
    repairs: ['ehlo-name'],
  },
  'ehlo-name-refused': {
    title: '{host} did not accept the name by which Postern says hello: {ehlo}.',
    explanation:
      'The server wants a full host name, such as mail.example.com, or an address in brackets. Give the name of this machine, as it is known in DNS, under More, EHLO name.',
    repairs: ['ehlo-name'],
  },

  // Sign-in

  'auth-not-offered': {
    title: '{host} offers no sign-in on port {port}, though a user name is set.',
    explanation:
      'Usually this is a relay that knows its clients by their address: leave Username empty. Or it is the wrong port: port 25 often has no sign-in where 465 and 587 have.',
    repairs: ['no-authentication'],
  },
  'auth-needs-tls': {
    title: 'The connection to {host} on port {port} is not encrypted, so neither password nor message was sent.',
    explanation:
      'Anyone on the way could have read them, and many servers refuse them there. Use a port with TLS: usually 465 (TLS from the start) or 587 (STARTTLS). {probed}',
    repairs: ['starttls-here', 'working-port', 'unencrypted-here'],
  },
  'auth-method-not-offered': {
    title: '{host} does not offer a way to sign in that these settings allow. It offers: {methods}.',
    explanation:
      'Either the authentication method chosen under More does not suit this server, or the server accepts only sign-in without a password, such as OAuth 2 (XOAUTH2). For the first, let Postern choose; for the second, ask the provider for SMTP credentials.',
    repairs: ['any-auth-method'],
  },
  'auth-failed': {
    title: '{host} did not accept the user name or the password (user name: {username}).',
    explanation:
      'Usually one of them is mistyped, the password was changed, or the provider wants a separate password for programs. Type the password again; many servers want the whole e-mail address as user name.',
    repairs: ['api-key-user-name', 'whole-address-user-name'],
  },
  'auth-temporary': {
    title: '{host} could not check the password just now.',
    explanation:
      'The server’s own directory of users is usually out of reach for the moment; the password may be right. Test again in a few minutes.',
    repairs: [],
  },
  'auth-app-password': {
    title: '{host} wants an app password for {username}, not the normal one.',
    explanation:
      'Accounts with two-step sign-in do not accept their normal password from programs. Create an app password in the account’s security settings and type it here as the password.',
    repairs: [],
  },
  'auth-basic-disabled': {
    title: '{host} no longer lets {username} sign in with a password.',
    explanation:
      'Microsoft 365 has switched off password sign-in for SMTP (“basic authentication”) by default from the end of December 2026; until then it is often off per organisation or mailbox. An administrator may switch on “Authenticated SMTP” for the mailbox; else use a connector for this machine’s address, or another server.',
    repairs: [],
  },
  'password-missing': {
    title: 'A user name is set ({username}), but no password.',
    explanation: 'Type the password. If the server needs none, leave Username empty and Postern sends without sign-in.',
    repairs: ['no-authentication'],
  },
  'password-locked': {
    title: 'The saved password cannot be opened, because the key that unlocks it is missing or has changed.',
    explanation:
      'Passwords are stored encrypted with a key that lies beside the database or is given at the start. Bring back that key (POSTERN_SECRET_KEY or the key file in the data folder), or type the password again.',
    repairs: [],
  },

  // Sender, recipient, message

  'auth-required': {
    title: '{host} accepts mail only after sign-in.',
    explanation:
      'Give the user name and password of an account on that server. If it is meant to accept this machine without them, its administrator must allow this machine’s address.',
    repairs: [],
  },
  'sender-refused': {
    title: '{host} does not accept mail from {from}.',
    explanation:
      'Usually a server lets an account send only from its own or from verified addresses. Use such an address as Email Address, or have {from} verified or allowed for this account at the provider.',
    repairs: ['send-as-user-name'],
  },
  'relay-refused': {
    title: '{host} does not pass on mail to {to} for us.',
    explanation:
      'A server passes on mail to other domains only for those it knows: usually sign-in is missing (set Username and Password, and use port 587 or 465 rather than 25), or this machine’s address must be allowed as a relay client there.',
    repairs: [],
  },
  'recipient-unknown': {
    title: '{host} knows no mailbox {to}.',
    explanation:
      'The settings work up to here; only this address does not. It is usually misspelt or no longer exists. Test with another address.',
    repairs: [],
  },
  'recipient-refused': {
    title: '{host} does not accept mail for {to}.',
    explanation:
      'The settings work up to here; the server refuses this address by a rule of its own, and its words below usually say which. Test with another address, or ask its administrator.',
    repairs: [],
  },
  'recipient-deferred': {
    title: '{host} does not accept mail for {to} just now.',
    explanation:
      'Often this is greylisting: a server asks strangers to come back after some minutes. The settings work up to here; a real message would be tried again by itself. Test again in five minutes.',
    repairs: [],
  },
  'message-too-large': {
    title: 'The message is larger than {host} accepts{limit}.',
    explanation:
      'The server sets that limit. A test message is small, so a limit this low is most likely a mistake there, or a full disk; ask its administrator.',
    repairs: [],
  },
  'content-refused': {
    title: '{host} refused the message for its content or its origin.',
    explanation:
      'The server’s filter takes it for spam, or the domain of {from} does not allow this server to send for it (SPF, DKIM, DMARC). Its words below usually say which; ask its administrator, or complete the DNS records of that domain.',
    repairs: [],
  },
  'message-refused': {
    title: '{host} refused the message.',
    explanation:
      'Everything before was accepted, so it is a rule of that server; its own words below usually say which. Ask its administrator and show them these words.',
    repairs: [],
  },
  'message-deferred': {
    title: '{host} cannot take the message just now.',
    explanation:
      'That is temporary: a full queue, a full disk or a check that did not finish. A real message would be tried again by itself. Test again in a few minutes.',
    repairs: [],
  },
  'smtputf8-not-offered': {
    title: '{host} cannot handle addresses with letters beyond ASCII before the @.',
    explanation:
      'Sender or recipient has such letters, and this server does not offer SMTPUTF8. Use an address without them, or another server.',
    repairs: [],
  },
  'rate-limited': {
    title: '{host} says that we send or sign in too often.',
    explanation:
      'Providers limit how much an account may do in a minute or an hour. The settings work; wait some minutes and test again, and ask the provider for a higher limit if this returns.',
    repairs: [],
  },
  'quota-exceeded': {
    title: 'The account at {host} has used up what it may send.',
    explanation:
      'Providers limit how many messages an account may send a day or a month. Wait until the limit starts again, usually within 24 hours, or ask the provider for a higher one.',
    repairs: [],
  },

  // Anywhere

  'reply-timeout': {
    title: '{host} stopped answering in the middle of the conversation.',
    explanation:
      'Usually the server is overloaded or waits for something itself, or a firewall lost track of the connection. Test again; if it stays, its administrator can see in the log what it waited for.',
    repairs: [],
  },
  'slow-server': {
    title: '{host} answers too slowly to be of use: its reply came in small pieces and did not end in time.',
    explanation:
      'Some servers slow down strangers on purpose (a “tar pit”), others are overloaded. Check that this is the server meant for sending, with port 465 or 587; otherwise ask its administrator why it slows this machine down.',
    repairs: ['working-port'],
  },
  'connection-lost': {
    title: '{host} closed the connection in the middle of the conversation.',
    explanation:
      'Usually the server, or a firewall on the way, did not like who is calling and hung up without a word. {probed} Test again; if it stays, its administrator can see the reason in the log.',
    repairs: ['tls-here', 'working-port'],
  },
  uncertain: {
    title: 'The connection broke before {host} confirmed the message; it may or may not have been accepted.',
    explanation:
      'Everything was handed over, only the last answer is missing. Look into the mailbox of {to}: if the message is there, the settings work. Then test again.',
    repairs: [],
  },
  desync: {
    title: '{host} gave an answer that does not belong to the question, so Postern hung up.',
    explanation:
      'Something on the way, or the server itself, mixes up the conversation; going on could mean counting mail as sent that was not. A firewall with “SMTP inspection” is the usual culprit; the transcript shows the place.',
    repairs: [],
  },
  'protocol-error': {
    title: '{host} and Postern did not understand each other.',
    explanation:
      'The server refused a command as such, not what it asked for. Usually something between them rewrites mail traffic, or an address or name holds characters that mail does not allow; the transcript shows the place.',
    repairs: [],
  },
  cancelled: {
    title: 'The test was cancelled.',
    explanation: 'Nothing is wrong as far as it came. Test again when you are ready.',
    repairs: [],
  },
};
