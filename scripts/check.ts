/** `npm run check`: everything that needs no running program. */
import { runGates } from './gates.ts';

const { failed } = runGates();
if (failed > 0) process.exitCode = 1;
