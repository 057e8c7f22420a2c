/** An attachment that is used again is dated anew only after this long: an update each time would be a write for nothing. */
export const redateAfterMs = 3_600_000;
