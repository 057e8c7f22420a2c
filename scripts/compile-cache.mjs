/**
 * Loaded before the program (`node --import`): keeps what Node makes of our TypeScript between starts, so that a start
 * neither strips types nor compiles again, and the stripper (15 MB) is not held in memory. Threads take it from the environment.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));
process.env.NODE_COMPILE_CACHE ??= folder;
enableCompileCache(process.env.NODE_COMPILE_CACHE);
