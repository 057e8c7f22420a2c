/** An address folded for comparison: one person, whatever the case and the way accents are typed. */
export const toEmailKey = (email: string): string => email.trim().normalize('NFC').toLowerCase();
