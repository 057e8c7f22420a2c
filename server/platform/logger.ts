/** JSON lines for programs; short plain lines where a person watches the terminal. */
import pino, { type Logger } from 'pino';
import { openLogDestination } from './log-destination.ts';
import { describeError, escapeControls } from './log-words.ts';

interface LogPlace {
  write: (text: string) => unknown;
}

/** @param place where lines go; absent: what this process prints. */
export const openLogger = (level: string, isTerminal: boolean, place?: LogPlace): Logger => {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError, error: describeError },
  };
  if (!isTerminal) {
    const lines = place ?? openLogDestination(1);
    // JSON has escaped the first 32 control characters; terminals take others for commands too.
    return pino(options, { write: (line) => void lines.write(`${escapeControls(line.slice(0, -1))}\n`) });
  }
  const terminal = place ?? process.stdout;
  return pino(options, {
    write: (line) => {
      const { time, level: number, msg = '', err } = JSON.parse(line) as LogLine;
      const word = number >= 50 ? 'ERROR ' : number >= 40 ? 'WARN ' : '';
      const details = err ? `\n${escapeControls(err.stack ?? err.message, true)}` : '';
      terminal.write(`${time.slice(11, 19)} ${word}${escapeControls(msg)}${details}\n`);
    },
  });
};

interface LogLine {
  time: string;
  level: number;
  msg?: string;
  err?: { message: string; stack?: string };
}
