/** `siskin keys rotate`: a new key list, signed old and new, and all that hangs on it. */
import { type KeyList, SiskinError } from '@siskin/protocol';
import { DataFolder } from './dataFolder.ts';
import { Delivery } from './delivery/delivery.ts';
import { addList, type Keyring } from './delivery/keyring.ts';
import { sealWith, statementOf } from './delivery/sealing.ts';
import { newSigningKey, type Signer, signerOf } from './delivery/signing.ts';
import { keysIn } from './folderKeys.ts';
import { openSqlite } from './store/sqlite/open.ts';
import type { ControlStore } from './store.ts';

const DAY_MS = 24 * 3_600_000;

export interface Rotation {
  data: string;
  online: boolean;
  artifact: boolean;
  /** PEM of the artifact key of the newest list, where it is not in the data folder. */
  artifactKey?: string | undefined;
  /** PEM of the next one, which then stays out of the data folder; else it is made there. */
  newArtifactKey?: string | undefined;
  /** Epoch milliseconds from which devices take nothing without a later list. */
  expires?: number | undefined;
  now?: () => number;
}

export interface Rotated {
  list: KeyList;
  /** What pages pin from now on; those that pin earlier keys follow by themselves. */
  publicKeys: readonly string[];
}

/**
 * In an order that a crash at any point leaves usable: the new keys, the seals, the list, the manifests,
 * and last the old keys go. A collector that is running takes part with its next request.
 * @throws SiskinError `usage` if neither key is to change or the artifact key is not at hand.
 */
export async function rotateKeys(rotation: Rotation): Promise<Rotated> {
  const { data, expires, now = Date.now } = rotation;
  const folder = new DataFolder(data);
  const keys = keysIn(folder);
  const version = (keys.list?.version ?? 0) + 1;
  const old = oldArtifact(keys, rotation.artifactKey);
  // A folder without lists gets both: what pages pin now must sign nothing but the way out of it.
  const all = keys.list === undefined;
  const artifact = all || rotation.artifact ? newArtifact(folder, version, rotation) : old;
  const online = all || rotation.online ? newOnline(folder, version) : keys.online;
  if (artifact === old && online === keys.online && expires === undefined) {
    throw new SiskinError('usage', 'which key? Name --online or --artifact, or both');
  }
  const list: KeyList = {
    v: 1,
    version,
    artifactKeys: [artifact.publicKey],
    onlineKeys: [online.publicKey],
    ...(expires !== undefined && { expires: new Date(expires).toISOString() }),
  };
  const file = addList(keys.file, list, artifact === old ? [old] : [old, artifact]);
  const store = openSqlite(folder.database);
  try {
    if (artifact !== old) await resealAll(store.control, artifact);
    folder.writeKeyFile(file);
    const delivery = new Delivery({
      control: store.control,
      keys: () => keysIn(folder),
      validityMs: DAY_MS,
      now,
      newSalt: () => '',
      announce: () => {},
    });
    for (const { name } of await store.control.apps()) await delivery.renew(name);
  } finally {
    await store.close();
  }
  folder.pruneKeys((pem) =>
    [...list.artifactKeys, ...list.onlineKeys].includes(signerOf(pem).publicKey),
  );
  folder.addCredentials(list.artifactKeys);
  return { list, publicKeys: list.artifactKeys };
}

function oldArtifact({ list, online, artifact }: Keyring, pem: string | undefined): Signer {
  const given = pem === undefined ? undefined : signerOf(pem);
  if (list === undefined) return online;
  const old = given ?? artifact;
  if (old === undefined) {
    throw new SiskinError(
      'usage',
      'the artifact key, which signs key lists, is not in the data folder: name it with --artifact-key FILE',
    );
  }
  if (!list.artifactKeys.includes(old.publicKey)) {
    throw new SiskinError(
      'usage',
      `the key ${old.publicKey} is no artifact key of key list ${list.version}: it has ${list.artifactKeys.join(', ')}`,
    );
  }
  return old;
}

function newArtifact(folder: DataFolder, version: number, { newArtifactKey }: Rotation): Signer {
  const pem = newArtifactKey ?? newSigningKey();
  if (newArtifactKey === undefined) folder.writeKey(`artifact-key-${version}.pem`, pem);
  return signerOf(pem);
}

function newOnline(folder: DataFolder, version: number): Signer {
  const pem = newSigningKey();
  folder.writeKey(`online-key-${version}.pem`, pem);
  return signerOf(pem);
}

/** What was signed before is signed again as it was; what never was, as it is. */
async function resealAll(control: ControlStore, signer: Signer): Promise<void> {
  for (const { name: app } of await control.apps()) {
    await control.change(app, async (tx) => {
      for (const { model } of await tx.live(app)) {
        for (const version of await tx.versions(app, model)) {
          const record = version.seal?.record ?? JSON.stringify(statementOf(app, version));
          await tx.putSeal(app, model, version.version, sealWith(signer, record));
        }
      }
    });
  }
}
