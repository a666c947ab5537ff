/**
 * `npm run check`: everything besides the tests that must hold before a change is good. One line a
 * check; the last line is the tally. `npm run check -- NAME …` runs only those whose names contain
 * one of the given words.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PACKAGES } from './build.ts';
import { checkConsumer } from './consumer.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = '--conditions=@siskin/source';

/** Twice what the story is allowed to take, for a machine that does other things as well. */
const STORY_SECONDS = 480;

interface Check {
  name: string;
  /** @throws Error whose message says what is wrong. */
  run(): Promise<unknown>;
}

/** Runs a script on this Node. @returns its standard output. */
function node(args: string[], seconds = 300): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, timeout: seconds * 1000 });
    let all = '';
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      out += chunk;
      all += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      all += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${all.trim()}\n(ended with ${signal ?? `code ${code}`})`));
    });
  });
}

const bin = (path: string, ...args: string[]) => node([`node_modules/${path}`, ...args]);

function lastJson<T>(output: string): T {
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as T;
}

interface Size {
  main_gzip: number;
  worker_gzip: number;
  limits: { main_gzip: number; worker_gzip: number };
}

async function checkSize(): Promise<void> {
  const size = lastJson<Size>(await node([SOURCE, 'bench/run.ts', 'size', '--json']));
  for (const part of ['main_gzip', 'worker_gzip'] as const) {
    const [bytes, limit] = [size[part], size.limits[part]];
    // Written so that a figure that is missing fails too.
    if (!(bytes <= limit)) throw new Error(`${part} is ${bytes} bytes, its limit ${limit}`);
  }
}

interface Story {
  predictions: number;
  failed: number;
  lostBatches: number;
  duplicateBatches: number;
  countedByCollector: number;
  givenUpByPages: number;
  swapLost: number;
  backends: string[];
  versionsServed: string[];
  drift: { stable: { alarm: boolean }; shifted: { alarm: boolean } };
}

async function checkStory(): Promise<void> {
  const story = lastJson<Story>(await node([SOURCE, 'scripts/start.ts', '--once'], STORY_SECONDS));
  const promises = {
    'answers predictions': story.predictions > 0,
    'fails none': story.failed === 0,
    'loses no batch': story.lostBatches === 0,
    'counts no batch twice': story.duplicateBatches === 0,
    'counts every answer':
      story.countedByCollector >= story.predictions &&
      story.countedByCollector <= story.predictions + story.givenUpByPages,
    'loses no prediction in a swap': story.swapLost === 0,
    'runs on several backends': story.backends.length > 1,
    'serves several versions': new Set(story.versionsServed).size > 1,
    'is silent on stable traffic': story.drift.stable.alarm === false,
    'alarms on shifted traffic': story.drift.shifted.alarm === true,
  };
  const broken = Object.entries(promises).filter(([, kept]) => !kept);
  if (broken.length > 0) {
    const names = broken.map(([name]) => name).join(', ');
    throw new Error(`not so: ${names}\n${JSON.stringify(story)}`);
  }
}

const CHECKS: Check[] = [
  { name: 'types', run: () => bin('typescript/bin/tsc', '-p', 'tsconfig.json') },
  {
    name: 'lint',
    run: () => bin('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--colors=off'),
  },
  { name: 'build', run: () => node([SOURCE, 'scripts/build.ts']) },
  ...PACKAGES.map((name) => ({
    name: `publint ${name}`,
    run: () => bin('publint/src/cli.js', name, '--strict'),
  })),
  { name: 'consumer', run: checkConsumer },
  { name: 'size', run: checkSize },
  { name: 'story', run: checkStory },
];

const words = process.argv.slice(2);
const wanted = CHECKS.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
);
let passed = 0;
for (const { name, run } of wanted) {
  const start = performance.now();
  const outcome = await run().then(
    () => undefined,
    (error: Error) => error,
  );
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${outcome ? 'FAILED' : 'ok    '} ${name} (${seconds} s)`);
  if (outcome) console.log(outcome.message.replace(/^/gm, '       '));
  else passed += 1;
}
console.log(`${passed} passed, ${wanted.length - passed} failed`);
process.exitCode = passed === wanted.length && passed > 0 ? 0 : 1;
