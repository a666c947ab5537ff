/** A bar on a terminal while a file is read; silent elsewhere. */
import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from '../tables/progress.ts';

export function progressBar(stream: NodeJS.WriteStream = process.stderr): Progress | undefined {
  if (!stream.isTTY) return undefined;
  let bar: SingleBar | undefined;
  let began = 0;
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    start(what, bytes) {
      stop();
      began = performance.now();
      const format = `${what} {bar} {percentage} %  {rows} rows, {rate} rows/s`;
      bar = new SingleBar({ stream, format, clearOnComplete: true }, Presets.rect);
      bar.start(bytes, 0, { rows: 0, rate: 0 });
    },
    at(bytes, rows) {
      const seconds = (performance.now() - began) / 1000;
      bar?.update(bytes, {
        rows: rows.toLocaleString('en'),
        rate: Math.round(rows / seconds).toLocaleString('en'),
      });
    },
    stop,
  };
}
