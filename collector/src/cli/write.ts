/** Files that commands write: whole, or not at all. */
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf, SiskinError } from '@siskin/protocol';

/**
 * Written beside their places first, then moved there.
 * @param files content by path.
 * @throws SiskinError `usage` if one cannot be written; then none is.
 */
export function writeWhole(files: Readonly<Record<string, string>>): void {
  const drafts = Object.entries(files).map(([path, content]) => ({
    path,
    content,
    draft: `${path}.${randomUUID()}.tmp`,
  }));
  let at = '';
  try {
    for (const { path, draft, content } of drafts) {
      at = path;
      writeFileSync(draft, content);
    }
    for (const { path, draft } of drafts) {
      at = path;
      renameSync(draft, path);
    }
  } catch (cause) {
    for (const { draft } of drafts) rmSync(draft, { force: true });
    throw new SiskinError('usage', `${at} cannot be written: ${messageOf(cause)}`, { cause });
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
