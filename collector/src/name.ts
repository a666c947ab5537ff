import { SiskinError } from '@siskin/protocol';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

/** @throws SiskinError `usage` unless `name` may name an app or a model. */
export function parseName(what: string, name: string): string {
  if (!NAME.test(name)) {
    throw new SiskinError(
      'usage',
      `"${name.slice(0, 80)}" cannot name an ${what}: use 1–64 letters, digits, "_", "." or "-"`,
    );
  }
  return name;
}
