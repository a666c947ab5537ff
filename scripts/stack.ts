/** What `npm start` brings up: a collector with the demo's models, and the demo page. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Collector, siskin } from './command.ts';
import { buildSite, type Site, serveSite } from './site.ts';

export const APP = 'demo';
const MODELS = fileURLToPath(new URL('../demo/models/', import.meta.url));
/** The house model runs in TensorFlow.js, the digits in onnxruntime-web: both runtimes are in use. */
const PUBLICATIONS = [
  ['house/v1', 'siskin.tfjs.json'],
  ['digits/v1', 'siskin.json'],
  ['digits/v2', 'siskin.json'],
] as const;

export interface Access {
  collector: string;
  app: string;
  key: string;
  publicKeys: string[];
}

export interface Stack {
  data: string;
  access: Access;
  collector(): Collector;
  site: Site;
  /** Kills the collector as a crash would, and starts it again on the same data and port. */
  crash(): Promise<void>;
  command(...args: string[]): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** `credentials.json` of a data folder. */
interface Credentials {
  publicKeys: string[];
  apps: Record<string, { writeKey: string }>;
}

export interface StackOptions {
  /** Folder of keys, counts and artifacts; made if it is not there. */
  data: string;
  /** Folder the demo is built into, if not its own `dist`. */
  out?: string;
  /** 0: any free port. */
  ports: { collector: number; demo: number };
  /** Seconds of the collector's windows. */
  window: number;
  /** Further options of the page's client. */
  page: Record<string, unknown>;
  say(line: string): void;
}

export async function bringUp({
  data,
  out,
  ports,
  window,
  page,
  say,
}: StackOptions): Promise<Stack> {
  if (!existsSync(join(data, 'credentials.json'))) {
    say('making keys and an empty store …');
    await siskin('init', '--data', data, '--app', APP);
  }
  const { publicKeys, apps } = JSON.parse(
    await readFile(join(data, 'credentials.json'), 'utf8'),
  ) as Credentials;
  const serve = (port: number) =>
    Collector.serve(
      ...['--data', data, '--port', String(port), '--window', String(window)],
      // On loopback, for a trial: whoever can open the page may see it.
      ...['--dashboard', 'open', '--log', 'warn'],
    );
  say('starting the collector …');
  let collector = await serve(ports.collector);
  const port = Number(new URL(collector.url).port);
  const command = (...args: string[]) =>
    siskin(...args, '--app', APP, '--data', data, '--url', collector.url);
  try {
    say('publishing the models …');
    for (const [folder, spec] of PUBLICATIONS) {
      await command('publish', join(MODELS, folder), '--spec', spec);
    }
    const access: Access = {
      collector: collector.url,
      app: APP,
      key: apps[APP]!.writeKey,
      publicKeys,
    };
    say('building the demo page …');
    await buildSite('demo', out);
    const options = { '/siskin-demo.json': () => ({ ...access, ...page }) };
    const site = await serveSite('demo', ports.demo, options, out);
    return {
      data,
      access,
      collector: () => collector,
      site,
      async crash() {
        await collector.stop('SIGKILL');
        collector = await serve(port);
      },
      command,
      async stop() {
        await site.close();
        await collector.stop();
      },
    };
  } catch (error) {
    await collector.stop();
    throw error;
  }
}
