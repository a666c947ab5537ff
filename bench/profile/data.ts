/** Twenty columns of numbers as CSV, written in pieces: files larger than memory. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { randomFrom } from '@siskin/worker/reference';

export const COLUMNS = 20;
const ROWS_AT_ONCE = 10_000;

/** @param shift of every fourth column, in σ. */
export async function writeRows(
  path: string,
  rows: number,
  shift: number,
  seed: number,
): Promise<void> {
  const random = randomFrom(seed);
  const file = createWriteStream(path, { highWaterMark: 2 ** 22 });
  file.write(`${Array.from({ length: COLUMNS }, (_, i) => `f${i}`).join(',')}\n`);
  for (let row = 0; row < rows; ) {
    const end = Math.min(rows, row + ROWS_AT_ONCE);
    let text = '';
    for (; row < end; row++) {
      for (let i = 0; i < COLUMNS; i++) {
        // The sum of three uniforms is bell-shaped, and cheaper than a logarithm.
        const bell = 2 * (random() + random() + random() - 1.5);
        text += `${i === 0 ? '' : ','}${(bell + (i % 4 === 0 ? shift : 0)).toFixed(5)}`;
      }
      text += '\n';
    }
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}
