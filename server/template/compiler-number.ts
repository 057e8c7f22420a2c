/** Counts up when the same source compiles to something else: what was compiled before is then compiled anew. */
export const compilerNumber = 1;
