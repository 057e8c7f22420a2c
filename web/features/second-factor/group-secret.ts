/** In fours, to be typed: `JBSW Y3DP`. Apps ignore the spaces. */
export const groupSecret = (secret: string): string => secret.replace(/.{4}(?=.)/g, '$& ');
