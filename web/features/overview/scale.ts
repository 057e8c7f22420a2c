/** The top of a scale from zero that holds `most`: 1, 2 or 5 with zeros, never below 10, so that one mail is no mountain. */
export function scaleFor(most: number): number {
  for (let power = 10; ; power *= 10) {
    const top = [1, 2, 5].find((each) => each * power >= most);
    if (top !== undefined) return top * power;
  }
}
