#!/usr/bin/env node
/** The command line; what it can do is in run-command.ts. */
import { readConfig } from '../config.ts';
import { runCommand } from './run-command.ts';

// A reader that has seen enough (`| head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const terminal = { input: process.stdin, output: process.stdout, notes: process.stderr };
// A key file or a database that it makes is nobody else's to read.
process.umask(0o077);
process.exitCode = await runCommand(process.argv.slice(2), () => readConfig(), terminal);
