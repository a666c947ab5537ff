/**
 * `npm run bench -- NAME [--json] [args]`: runs `bench/NAME.bench.ts`, which exports
 * `run({ json, args })`, and prints the object that it resolves to as the last line.
 */
import { readdirSync } from 'node:fs';

export interface BenchOptions {
  /** Nothing but the object is wanted: print no tables. */
  json: boolean;
  args: readonly string[];
}

/** A bench's figures; `name` is its own. */
export type Figures = Record<string, unknown>;

const ENDING = '.bench.ts';

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(ENDING))
  .map((file) => file.slice(0, -ENDING.length))
  .sort();

const given = process.argv.slice(2);
const json = given.includes('--json');
const [name, ...args] = given.filter((arg) => arg !== '--json');

if (name === undefined || !names.includes(name)) {
  const wrong = name === undefined ? 'name a bench' : `there is no bench "${name}"`;
  console.error(`siskin: ${wrong}: ${names.join(', ') || 'none exists yet'}`);
  process.exit(2);
}

const bench = (await import(`./${name}${ENDING}`)) as {
  run(options: BenchOptions): Promise<Figures>;
};
const figures = await bench.run({ json, args });
console.log(JSON.stringify(figures, null, json ? 0 : 2));
