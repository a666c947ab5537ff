import { type Command, InvalidArgumentError } from 'commander';
import { manifestUrl } from '../../published.ts';
import { type Verification, verifyPublished } from '../../verifying.ts';
import { EXIT, outputOf } from '../output.ts';
import { table } from '../table.ts';

interface Flags {
  key: string[];
  app?: string;
  minSequence?: number;
  json?: boolean;
}

export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check what is published as a device would: signatures, expiry, every artifact')
    .argument('<where>', 'URL of a manifest or of a collector, or a folder from `siskin export`')
    .requiredOption('--key <key...>', 'public keys that the page pins, base64', publicKey)
    .option('--app <name>', 'the app that it must be for; needed with the URL of a collector')
    .option('--min-sequence <n>', 'the least sequence that is good', wholeNumber)
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
Exit codes: 0 all is good, 1 a check failed, 2 there is nothing to check.

  $ siskin verify https://cdn.example/v1/apps/shop/manifest.json --key 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo
  $ siskin verify https://collector.example --app shop --key 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo`,
    )
    .action(async (where: string, { key, app, minSequence, json }: Flags) => {
      const options = { publicKeys: key, app, minSequence, now: Date.now() };
      const result = await verifyPublished(manifestUrl(where, app), options);
      outputOf(json === true).show(textOf(result), result);
      if (!result.ok) process.exitCode = EXIT.found;
    });
}

export function textOf({ url, ok, checks }: Verification): string {
  const rows = checks.map(({ what, ok: good, code, detail }) => [
    good ? 'ok' : 'WRONG',
    what,
    code === undefined ? detail : `${detail} [${code}]`,
  ]);
  const failed = checks.filter((check) => !check.ok).length;
  const sum = ok ? `all ${checks.length} checks passed` : `${failed} of ${checks.length} failed`;
  return `${url}\n${table(rows)}\n${sum}`;
}

/** Collects what is given several times, too. */
export function publicKey(text: string, before: string[] | undefined): string[] {
  if (!/^[\w+/-]{43}=?$/.test(text)) {
    throw new InvalidArgumentError('It is no Ed25519 key, 32 bytes in base64.');
  }
  return [...(before ?? []), text];
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is no whole number.');
  return Number(text);
}
