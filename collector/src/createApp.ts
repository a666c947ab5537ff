/** `siskin init`: an app with its keys, in a data folder that is made where there is none. */

import { DataFolder } from './dataFolder.ts';
import { Delivery } from './delivery/delivery.ts';
import { keysIn, makeKeys } from './folderKeys.ts';
import { parseName } from './name.ts';
import { hashSecret, newAdminSecret, newWriteKey } from './security/secrets.ts';
import { openSqlite } from './store/sqlite/open.ts';

const DAY_MS = 24 * 3_600_000;

export interface CreatedApp {
  app: string;
  /** Publishable: goes into the page. */
  writeKey: string;
  /** Lets its holder publish and roll out; stored as a hash only, and in `credentials.json`. */
  adminSecret: string;
  /** Goes into the page: the artifact keys, which vouch for the online key and for every version. */
  publicKeys: string[];
}

/**
 * @param options.data the data folder. @param options.app 1–64 letters, digits, "_", "." or "-".
 * @throws SiskinError `usage` for a bad name, `conflict` if the app is there, `data_dir`.
 */
export async function createApp(options: {
  data: string;
  app: string;
  now?: () => number;
}): Promise<CreatedApp> {
  const { app, now = Date.now } = options;
  parseName('app', app);
  const folder = new DataFolder(options.data);
  folder.make();
  const { publicKeys } = makeKeys(folder);
  const store = openSqlite(folder.database);
  try {
    const writeKey = newWriteKey();
    const adminSecret = newAdminSecret();
    await store.control.createApp({
      name: app,
      writeKey,
      secretHash: hashSecret(adminSecret),
      createdAt: now(),
    });
    // Its first manifest is empty, so that pages written before the first model find one.
    await new Delivery({
      control: store.control,
      keys: () => keysIn(folder),
      validityMs: DAY_MS,
      now,
      newSalt: () => '',
      announce: () => {},
    }).renew(app);
    folder.addCredentials(publicKeys, { [app]: { writeKey, adminSecret } });
    return { app, writeKey, adminSecret, publicKeys: [...publicKeys] };
  } finally {
    await store.close();
  }
}
