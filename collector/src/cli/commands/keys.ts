import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { messageOf, SiskinError } from '@siskin/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { DataFolder } from '../../dataFolder.ts';
import { newSigningKey, signerOf } from '../../delivery/signing.ts';
import { keysIn } from '../../folderKeys.ts';
import { rotateKeys } from '../../rotateKeys.ts';
import { outputOf } from '../output.ts';

interface RotateFlags {
  data: string;
  online?: boolean;
  artifact?: boolean;
  artifactKey?: string;
  newArtifactKey?: string;
  expires?: number;
  json?: boolean;
}

export function keysCommand(program: Command): void {
  const keys = program
    .command('keys')
    .description('the keys that sign an app’s manifests and versions');
  keys
    .command('show')
    .description('which keys sign now')
    .requiredOption('--data <dir>', 'the data folder')
    .option('--json', 'one JSON object instead of text')
    .action(({ data, json }: { data: string; json?: boolean }) => {
      const { list, artifact, online, publicKeys } = keysIn(new DataFolder(data));
      const shown = {
        list: list ?? null,
        publicKeys,
        online: online.publicKey,
        artifactKeyHere: artifact !== undefined,
      };
      const lines =
        list === undefined
          ? [
              `one key signs manifests: ${online.publicKey}`,
              'key lists: none; `siskin keys rotate` begins one',
            ]
          : [
              `key list ${list.version}, ${list.expires === undefined ? 'without an end' : `until ${list.expires}`}`,
              `artifact key, which pages pin: ${list.artifactKeys.join(', ')} (${artifact === undefined ? 'kept elsewhere' : 'in the data folder'})`,
              `online key: ${list.onlineKeys.join(', ')}`,
            ];
      outputOf(json === true).show(lines.join('\n'), shown);
    });
  keys
    .command('new')
    .description('make a key for --artifact-key, on the machine where it will stay')
    .argument('<file>', 'the private key, PEM, readable by you alone')
    .option('--json', 'one JSON object instead of text')
    .action((file: string, { json }: { json?: boolean }) => {
      const pem = newSigningKey();
      try {
        writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
      } catch (cause) {
        throw new SiskinError('usage', `${file} cannot be written: ${messageOf(cause)}`, { cause });
      }
      const { publicKey } = signerOf(pem);
      outputOf(json === true).show(`${file}: ${publicKey}`, { file, publicKey });
    });
  keys
    .command('rotate')
    .description('replace keys: a new key list, signed by the old artifact key and the new')
    .requiredOption('--data <dir>', 'the data folder; its collector may run')
    .option('--online', 'a new online key, which signs manifests')
    .option('--artifact', 'a new artifact key; every version is signed anew')
    .option('--artifact-key <file>', 'the artifact key of now, where it is not in the data folder')
    .option('--new-artifact-key <file>', 'the next one, which stays out of the data folder')
    .option('--expires <days>', 'devices take nothing after that without a later list', days)
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
Devices follow by themselves. Pages may go on pinning the old artifact key; pin the new one with the next
release, and at once if the old one was stolen. In a folder without key lists (made by an earlier
release) this begins them, with both keys new: first give all pages an SDK that knows key lists.

  $ siskin keys rotate --online --data ./siskin-data
  $ siskin keys rotate --artifact --artifact-key old.pem --new-artifact-key new.pem --data ./siskin-data`,
    )
    .action(async (flags: RotateFlags) => {
      const { data, online = false, artifact = false, newArtifactKey } = flags;
      const now = Date.now();
      const rotated = await rotateKeys({
        data,
        online,
        artifact: artifact || newArtifactKey !== undefined,
        artifactKey: readKey(flags.artifactKey),
        newArtifactKey: readKey(newArtifactKey),
        expires: flags.expires === undefined ? undefined : now + flags.expires * 86_400_000,
      });
      outputOf(flags.json === true).show(
        `key list ${rotated.list.version} is served; pages pin: ${rotated.publicKeys.join(', ')}`,
        rotated,
      );
    });
}

/** @throws SiskinError `usage` if it is no private Ed25519 key. */
export function readKey(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  if (!existsSync(file)) throw new SiskinError('usage', `there is no key file ${file}`);
  try {
    const pem = readFileSync(file, 'utf8');
    signerOf(pem);
    return pem;
  } catch (cause) {
    throw new SiskinError('usage', `${file} is no private Ed25519 key: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function days(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 3650)) {
    throw new InvalidArgumentError('It is no number of days, above 0 and at most 3650.');
  }
  return value;
}
