import { SiskinError } from '@siskin/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { DataFolder } from '../../dataFolder.ts';
import { type Exported, exportTo, fromFolder, fromUrl } from '../../exporting.ts';
import { manifestUrl } from '../../published.ts';
import { EXIT, outputOf } from '../output.ts';
import { appIn } from '../target.ts';
import { publicKey, textOf } from './verify.ts';

interface Flags {
  data?: string;
  url?: string;
  app?: string;
  key?: string[];
  validity: number;
  json?: boolean;
}

export function exportCommand(program: Command): void {
  program
    .command('export')
    .description('write an app as static files, for a host or CDN that needs no collector')
    .argument('<dir>', 'folder for the files; made where there is none')
    .option('--data <dir>', 'data folder; a collector need not run')
    .option('--url <url>', 'a collector elsewhere: what it serves is taken as it is')
    .option('--app <name>', 'the app; may be left out where the data folder has only one')
    .option('--key <key...>', 'with --url: public keys that the page pins', publicKey)
    .option(
      '--validity <hours>',
      'with --data: how long the exported manifest is valid',
      hours,
      720,
    )
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
In the page: manifest: 'https://cdn.example/v1/apps/APP/manifest.json', and no \`collector\`. Let the host
answer with Access-Control-Allow-Origin: *, Cross-Origin-Resource-Policy: cross-origin, and
Cache-Control: no-cache for manifest.json and keys.json, immutable for v1/artifacts/.
Export anew before the manifest's end, or devices take nothing new.

  $ siskin export ./public --data ./siskin-data
  $ siskin export ./public --url https://collector.example --app shop --key 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo`,
    )
    .action(async (dir: string, flags: Flags) => {
      const exported = await exportTo(dir, await sourceOf(flags), Date.now());
      outputOf(flags.json === true).show(summaryOf(dir, exported), exported);
      if (!exported.ok) process.exitCode = EXIT.found;
    });
}

function sourceOf({ data, url, app, key, validity }: Flags): ReturnType<typeof fromUrl> {
  if ((data === undefined) === (url === undefined)) {
    throw new SiskinError('usage', 'from where? Name either --data or --url');
  }
  if (data !== undefined) {
    const folder = new DataFolder(data);
    return fromFolder(folder, appIn(folder, app).app, validity * 3_600_000, Date.now);
  }
  if (app === undefined || key === undefined) {
    throw new SiskinError('usage', 'with --url name the app and its keys: --app and --key');
  }
  return fromUrl(manifestUrl(url!, app), app, key);
}

const summaryOf = (dir: string, exported: Exported): string =>
  `${textOf(exported)}
${exported.files.length} files are in ${dir}; the manifest is valid until ${exported.expires}`;

function hours(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 24 * 365)) {
    throw new InvalidArgumentError('It is no number of hours, above 0 and at most a year.');
  }
  return value;
}
