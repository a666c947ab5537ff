import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Sealable, sealWith, statementOf } from '../../delivery/sealing.ts';
import { signerOf } from '../../delivery/signing.ts';
import { readModelFolder, SELF_TEST } from '../../modelFolder.ts';
import type { Seal, StoredFile } from '../../store.ts';
import { outputOf } from '../output.ts';
import { findTarget, type Target, type TargetFlags, targetOptions } from '../target.ts';
import { userName } from '../user.ts';
import { readKey } from './keys.ts';

interface Flags extends TargetFlags {
  spec: string;
  by?: string;
  allowSchemaChange?: boolean;
  artifactKey?: string;
  json?: boolean;
}

export function publishCommand(program: Command): void {
  const command = program
    .command('publish')
    .description('check a model folder and register it as a version')
    .argument('<dir>', 'folder with siskin.json, reference.json, the model and selftest.json')
    .option('--spec <file>', 'the spec in that folder', 'siskin.json')
    .option('--by <name>', 'who publishes, for the history (default: your name on this machine)')
    .option(
      '--allow-schema-change',
      'publish even if pages that call the champion could not call this version',
    )
    .option(
      '--artifact-key <file>',
      'sign the version here: the key that the collector need not have',
    )
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
The collector loads the model in the runtime that devices use and runs its self-test; a model that does
not pass is refused. So is one whose inputs, outputs or stages are not the champion's.

The first version of a model becomes its champion; later ones wait for a rollout. Versions never
change: publishing the same content again does nothing, other content is a conflict.

  $ siskin publish models/house/v1 --data ./siskin-data
  $ SISKIN_SECRET=sk_… siskin publish models/house/v2 --url https://collector.example --app shop`,
    );
  for (const option of targetOptions()) command.addOption(option);
  command.action(async (dir: string, flags: Flags) => {
    const folder = await readModelFolder(dir, flags.spec);
    const artifactKey = readKey(flags.artifactKey);
    const target = findTarget(flags);
    const files = [];
    for (const name of folder.spec.files) files.push(await upload(target, dir, name));
    const selfTest = folder.hasSelfTest ? await upload(target, dir, SELF_TEST) : undefined;
    const { name, version } = folder.spec;
    const response = await target.request(
      'POST',
      `v1/admin/apps/${target.app}/models/${name}/versions`,
      {
        spec: folder.spec,
        profile: folder.profile,
        files: files.map(named),
        ...(selfTest && { selfTest: named(selfTest) }),
        ...(artifactKey && { seal: seal(target.app, artifactKey, { ...folder, files, selfTest }) }),
        by: flags.by ?? userName(),
        ...(flags.allowSchemaChange === true && { allowSchemaChange: true }),
      },
    );
    const published = (await response.json()) as {
      created: boolean;
      champion: boolean;
      warnings: string[];
    };
    const told = published.created
      ? `${name} ${version} is published${published.champion ? ' and the champion' : `: try it with \`siskin rollout start ${name} --to ${version} --canary 10\``}`
      : `${name} ${version} was published before, with the same content`;
    const lines = [told, ...published.warnings.map((warning) => `warning: ${warning}`)];
    outputOf(flags.json === true).show(lines.join('\n'), published);
  });
}

const named = ({ name, sha256 }: StoredFile) => ({ name, sha256 });

function seal(
  app: string,
  pem: string,
  { selfTest, ...rest }: Omit<Sealable, 'selfTest'> & { selfTest: StoredFile | undefined },
): Seal {
  const statement = statementOf(app, { ...rest, ...(selfTest && { selfTest }) });
  return sealWith(signerOf(pem), JSON.stringify(statement));
}

/** Sends a file unless the collector has it. */
async function upload(target: Target, dir: string, name: string): Promise<StoredFile> {
  const path = join(dir, name);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  const sha256 = hash.digest('hex');
  const known = await target.request('HEAD', `v1/artifacts/${sha256}`).then(
    () => true,
    () => false,
  );
  if (!known) {
    await target.request('PUT', `v1/admin/artifacts/${sha256}`, await openAsBlob(path));
  }
  return { name, sha256, bytes };
}
