/** Which collector and app a command talks to: named by flags, or by the data folder on this machine. */

import { messageOf, SiskinError } from '@siskin/protocol';
import { Option } from 'commander';
import { closest } from 'fastest-levenshtein';
import { type AppCredentials, DataFolder } from '../dataFolder.ts';

export interface TargetFlags {
  app?: string;
  data?: string;
  url?: string;
  secret?: string;
}

export const targetOptions = (): Option[] => [
  new Option('--app <name>', 'the app; may be left out where the data folder has only one').env(
    'SISKIN_APP',
  ),
  new Option('--data <dir>', 'data folder of a collector that runs on this machine').env(
    'SISKIN_DATA',
  ),
  new Option('--url <url>', 'the collector, where it runs elsewhere').env('SISKIN_URL'),
  new Option(
    '--secret <secret>',
    'admin secret of the app; better in the environment than here',
  ).env('SISKIN_SECRET'),
];

export interface Target {
  app: string;
  /** Path below the base URL. @throws SiskinError what the collector answers. */
  request(method: string, path: string, body?: unknown): Promise<Response>;
}

/** @throws SiskinError `usage` or `data_dir` if the flags do not name one collector and one app. */
export function findTarget(flags: TargetFlags): Target {
  const { url, secret, app } = flags.data === undefined ? fromFlags(flags) : fromFolder(flags);
  return {
    app,
    async request(method, path, body) {
      const plain = body === undefined || body instanceof Blob || body instanceof ReadableStream;
      let response: Response;
      try {
        response = await fetch(new URL(path, url), {
          method,
          headers: { Authorization: `Bearer ${secret}` },
          ...(body !== undefined && { body: plain ? body : JSON.stringify(body) }),
          ...(body instanceof ReadableStream && { duplex: 'half' }),
        } as RequestInit);
      } catch (cause) {
        const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
        throw new SiskinError(
          'usage',
          `no collector answers at ${url} (${messageOf(reason)}): is \`siskin serve\` running?`,
          { cause },
        );
      }
      if (!response.ok && response.status !== 304) throw await answered(response);
      return response;
    },
  };
}

async function answered(response: Response): Promise<SiskinError> {
  const body = (await response.json().catch(() => undefined)) as
    | { error?: Parameters<typeof SiskinError.fromData>[0] }
    | undefined;
  if (typeof body?.error?.code === 'string') return SiskinError.fromData(body.error);
  return new SiskinError(
    'usage',
    `${response.url} answered ${response.status}: is it a collector?`,
  );
}

interface Found {
  url: string;
  secret: string;
  app: string;
}

function fromFlags({ url, secret, app }: TargetFlags): Found {
  const missing = Object.entries({ url, secret, app })
    .filter(([, value]) => value === undefined)
    .map(([name]) => `--${name}`);
  if (missing.length > 0) {
    throw new SiskinError(
      'usage',
      `which collector? ${missing.join(' and ')} missing; or name its folder with --data`,
    );
  }
  if (!URL.canParse(url!)) throw new SiskinError('usage', `"${url}" is no URL`);
  return { url: url!.endsWith('/') ? url! : `${url}/`, secret: secret!, app: app! };
}

/** @throws SiskinError `usage` if the folder has no such app, or several and none is named. */
export function appIn(
  folder: DataFolder,
  name: string | undefined,
): AppCredentials & { app: string } {
  const { apps } = folder.credentials();
  const names = Object.keys(apps);
  const app = name ?? (names.length === 1 ? names[0] : undefined);
  const credentials = app === undefined ? undefined : apps[app];
  if (app === undefined || credentials === undefined) {
    throw new SiskinError(
      'usage',
      app === undefined
        ? names.length === 0
          ? `${folder.root} has no app: run \`siskin init --data ${folder.root} --app NAME\` first`
          : `${folder.root} has several apps: name one with --app (${names.join(', ')})`
        : `${folder.root} has no app "${app}"${names.length === 0 ? '' : `: did you mean "${closest(app, names)}"?`}`,
    );
  }
  return { app, ...credentials };
}

function fromFolder(flags: TargetFlags): Found {
  const folder = new DataFolder(flags.data!);
  const { app, adminSecret } = appIn(folder, flags.app);
  const url = flags.url ?? folder.running()?.url;
  if (url === undefined) {
    throw new SiskinError(
      'usage',
      `no collector serves ${folder.root}: run \`siskin serve --data ${folder.root}\``,
    );
  }
  return { url, app, secret: flags.secret ?? adminSecret };
}
