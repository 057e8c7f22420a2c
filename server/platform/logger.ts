/** JSON lines for programs; short plain lines where a person watches the terminal. */
import pino, { type Logger } from 'pino';
import { openLogDestination } from './log-destination.ts';

export const openLogger = (level: string, isTerminal: boolean): Logger => {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!isTerminal) return pino(options, openLogDestination(1));
  return pino(options, {
    write: (line) => {
      const { time, level: number, msg, err } = JSON.parse(line) as LogLine;
      const word = number >= 50 ? 'ERROR ' : number >= 40 ? 'WARN ' : '';
      process.stdout.write(`${time.slice(11, 19)} ${word}${msg ?? ''}${err ? `\n${err.stack ?? err.message}` : ''}\n`);
    },
  });
};

interface LogLine {
  time: string;
  level: number;
  msg?: string;
  err?: { message: string; stack?: string };
}
