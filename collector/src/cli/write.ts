/** Files that commands write: whole, or not at all. */
import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, SiskinError } from '@siskin/protocol';

/**
 * Before work begins of which the result could not be written.
 * @param inputs files that are read: none of them may be written over.
 * @throws SiskinError `usage` for two targets at one place, one that is an input, a folder, or in none.
 */
export function checkTargets(targets: readonly string[], inputs: readonly string[]): void {
  const refuse = (path: string, why: string) =>
    new SiskinError('usage', `${path} cannot be written: ${why}`);
  const read = new Set(inputs.map((path) => resolve(path)));
  const seen = new Set<string>();
  for (const path of targets) {
    const place = resolve(path);
    if (seen.has(place)) throw refuse(path, 'two files would go there');
    if (read.has(place)) throw refuse(path, 'it is what is read');
    if (statSync(place, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw refuse(path, 'it is a folder');
    }
    if (statSync(dirname(place), { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw refuse(path, `there is no folder ${dirname(path)}: make it first`);
    }
    seen.add(place);
  }
}

/**
 * Written beside their places first, then moved there.
 * @param files content by path.
 * @throws SiskinError `usage` if one cannot be written; then all is as it was.
 */
export function writeWhole(files: Readonly<Record<string, string>>): void {
  const mark = randomUUID();
  const plan = Object.entries(files).map(([path, content]) => ({
    path,
    content,
    draft: `${path}.${mark}.tmp`,
    before: `${path}.${mark}.old`,
  }));
  const moved: typeof plan = [];
  let at = '';
  try {
    for (const { path, draft, content } of plan) {
      at = path;
      writeFileSync(draft, content);
    }
    for (const one of plan) {
      at = one.path;
      if (existsSync(one.path)) linkSync(one.path, one.before);
      renameSync(one.draft, one.path);
      moved.push(one);
    }
  } catch (cause) {
    for (const { path, before } of moved) {
      if (existsSync(before)) renameSync(before, path);
      else rmSync(path, { force: true });
    }
    throw new SiskinError('usage', `${at} cannot be written: ${messageOf(cause)}`, { cause });
  } finally {
    for (const { draft, before } of plan) {
      rmSync(draft, { force: true });
      rmSync(before, { force: true });
    }
  }
}

/** JSON with one line for each element of the long list, so that a change can be seen. */
export function byLine<T extends object>(value: T, key: keyof T & string): string {
  const fields = Object.entries(value).map(([name, content]) =>
    name === key && Array.isArray(content)
      ? `"${name}": [\n${content.map((element) => `  ${JSON.stringify(element)}`).join(',\n')}\n]`
      : `"${name}": ${JSON.stringify(content)}`,
  );
  return `{\n${fields.join(',\n')}\n}\n`;
}
