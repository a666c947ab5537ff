/** How commands speak: one JSON object or lines for a person on stdout, one line on stderr for errors. */
import { SiskinError } from '@siskin/protocol';

/** 0: good. 1: it ran, and found something (drift, an alarm). 2: misuse or bad input. */
export const EXIT = { good: 0, found: 1, misuse: 2 } as const;

export interface Output {
  /** @param text for a person; @param data the same for a program, under `--json`. */
  show(text: string, data: unknown): void;
}

export function outputOf(json: boolean): Output {
  return {
    show: (text, data) => process.stdout.write(`${json ? JSON.stringify(data) : text}\n`),
  };
}

/** `siskin: <message> [code]`. */
export function complain(thrown: unknown): void {
  const { code, message } = SiskinError.from(
    thrown,
    'internal',
    thrown instanceof Error ? thrown.message : String(thrown),
  );
  process.stderr.write(`siskin: ${message} [${code}]\n`);
}
