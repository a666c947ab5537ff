/** A database of its own for each test, as a device has one for each app. */
import { afterEach } from 'vitest';
import { type Database, openDatabase } from '../database.ts';

const opened: Database[] = [];

afterEach(async () => {
  for (const database of opened.splice(0)) {
    database.close();
    indexedDB.deleteDatabase(database.name);
  }
});

/** @param name to open the same one again; another connection each time. */
export async function testDatabase(name: string = crypto.randomUUID()): Promise<Database> {
  const database = await openDatabase(name);
  opened.push(database);
  return database;
}

/** Every request fails, as on a device whose storage is full or forbidden. */
export async function brokenDatabase(): Promise<Database> {
  const database = await testDatabase();
  database.close();
  return database;
}
