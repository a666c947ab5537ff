import { existsSync, readFileSync } from 'node:fs';
import { messageOf, SiskinError } from '@siskin/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type ConfigInput,
  configOfEnvironment,
  parseConfig,
  parseConfigFile,
} from '../../config.ts';
import { startCollector } from '../../server.ts';
import { outputOf } from '../output.ts';

const CONFIG_FILE = 'siskin.config.json';

interface Flags extends Partial<ConfigInput> {
  config?: string;
  origin?: string[];
  json?: boolean;
}

export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description('run the collector')
    .option('--data <dir>', 'the data folder that `siskin init` made')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for any free one (default: 4100)', integer)
    .option('--origin <origin...>', 'origins of pages that may send batches (default: all)')
    .option('--window <seconds>', 'length of a counting window (default: 60)', integer)
    .option('--validity <hours>', 'how long a manifest is valid (default: 24)', Number)
    .option(
      '--dashboard <access>',
      '"sign-in" with the admin secret, or "open" to all (default: sign-in)',
    )
    .option('--log <level>', 'fatal, error, warn, info, debug or silent (default: info)')
    .option('--config <file>', `settings as JSON (default: ${CONFIG_FILE}, where there is one)`)
    .option('--json', 'print the address as JSON')
    .addHelpText(
      'after',
      `
Every setting may also stand in the environment (SISKIN_PORT=4100) or in the file ("port": 4100, "origins":
[…]); flags go before environment before file. The address is printed on standard output, the log on
standard error. SIGTERM and Ctrl-C finish what is under way.`,
    )
    .action(async ({ config: path, json, origin, ...flags }: Flags) => {
      const settings = {
        ...readConfig(path),
        ...configOfEnvironment(process.env),
        ...flags,
        ...(origin && { origins: origin }),
      };
      if (settings.data === undefined) {
        throw new SiskinError(
          'usage',
          'which data folder? Name it with --data, or make one with `siskin init`',
        );
      }
      const config = parseConfig(settings, 'the configuration');
      const collector = await startCollector(config);
      outputOf(json === true).show(`siskin: listening on ${collector.url}`, { url: collector.url });
      const stop = (): void => {
        collector.close().then(
          () => process.exit(0),
          (error: unknown) => {
            process.stderr.write(`siskin: stopping failed: ${messageOf(error)} [internal]\n`);
            process.exit(2);
          },
        );
      };
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
    });
}

function readConfig(path: string | undefined): Partial<ConfigInput> {
  if (path === undefined && !existsSync(CONFIG_FILE)) return {};
  const file = path ?? CONFIG_FILE;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SiskinError('config_invalid', `${file} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
  return parseConfigFile(text, file);
}

function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is no whole number.');
  return Number(text);
}
