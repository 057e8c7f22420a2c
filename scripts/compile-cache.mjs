/**
 * Loaded before the program (`node --import`): keeps what Node makes of our TypeScript between starts, so that a start
 * neither strips types nor compiles again, and the stripper (15 MB) is not held in memory. Threads take it from the environment.
 *
 * And keeps what the start script allows the main thread for young values from its other threads: they need little, and V8
 * hands none of it back.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--max-semi-space-size=2');
const folder = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));
process.env.NODE_COMPILE_CACHE ??= folder;
enableCompileCache(process.env.NODE_COMPILE_CACHE);
