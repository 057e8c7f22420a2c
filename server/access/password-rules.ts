/**
 * Which new passwords are refused (NIST SP 800-63B §5.1.1.2): too short (in the contract), and those an attacker tries
 * first. No composition rules: they make passwords worse. The list holds only what is left of the usual lists of leaked
 * passwords at 12 characters and more.
 */

const common = new Set(
  [
    'administrator administrator1 adminadminadmin adminpassword adminpassword1 admin123456789 changemechangeme',
    'password1234 password12345 password123456 password123! password1234! passwordpassword passw0rd1234 p@ssw0rd1234',
    'mypassword123 mypassword1234 newpassword1 newpassword123 thisismypassword correcthorsebatterystaple',
    'qwertyuiop12 qwertyuiop123 qwertyuiopasdf qwerty123456 qwerty1234567 qwertyqwerty qwertzuiop123 1q2w3e4r5t6y',
    '1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv qazwsxedcrfv zaq12wsxcde3 asdfghjkl123 asdfghjklqwerty zxcvbnm12345',
    'abcdefghijkl abcdefghijklm abcdefghijklmnopqrstuvwxyz abc123abc123 abcd1234abcd abc123456789 123123123123',
    'iloveyou1234 iloveyouforever letmeinletmein letmein12345 welcome12345 welcome123456 welcometo2026 trustno1trustno1',
    'football1234 baseball1234 superman1234 michael12345 princess1234 sunshine1234 monkey123456 dragon123456',
    'summer2025summer winter2025winter spring2026spring secretsecret secret123456 testtesttest test12345678 default12345',
  ]
    .join(' ')
    .split(' '),
);

/** @returns why it is refused, naming the repair; null when it is good. */
export const findPasswordFault = (password: string, person: { name: string; email: string }): string | null => {
  const plain = fold(password);
  const better = 'Choose another: a few words in a row that mean something to you alone.';
  if (common.has(plain)) return `This password is on every list that attackers try first. ${better}`;
  if (new Set(plain).size < 4 || isSequence(plain)) return `This password is a mere pattern. ${better}`;
  const known = [
    person.email,
    person.email.split('@')[0] ?? '',
    person.name,
    person.name.replaceAll(' ', ''),
    'postern',
  ];
  for (const word of known.map(fold)) {
    // What is left without the word is what an attacker has to guess.
    if (word.length >= 3 && plain.includes(word) && plain.replaceAll(word, '').length < 6) {
      return `This password is little more than a name that everybody can know. ${better}`;
    }
  }
  return null;
};

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

/** 123456789012, cba…, 0000…: each character follows the one before by the same step; 9→0 counts as a step. */
function isSequence(text: string): boolean {
  const steps = new Set<number>();
  for (let place = 1; place < text.length; place += 1) {
    const step = text.charCodeAt(place) - text.charCodeAt(place - 1);
    steps.add(step === -9 ? 1 : step === 9 ? -1 : step);
  }
  return steps.size <= 1;
}
