/** Reads a spec that a person wrote: each fault with the line and column where it stands. */
import { readFile } from 'node:fs/promises';
import { ModelSpecSchema, messageOf, SiskinError } from '@siskin/protocol';
import { closest, distance } from 'fastest-levenshtein';
import { findNodeAtLocation, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import * as v from 'valibot';

const MAX_FAULTS = 5;
const MEMBERS = Object.keys(ModelSpecSchema.entries);
const STRICT = { allowTrailingComma: false, disallowComments: true };

/**
 * @param schema what the file is to hold; `prepare` may complete it first, without moving anything.
 * @throws SiskinError `spec_invalid` naming file, line and column of each fault.
 */
export async function readSpecFile<T>(
  path: string,
  schemaOf: (value: unknown) => v.GenericSchema<unknown, T>,
  prepare: (value: unknown) => unknown = (value) => value,
): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new SiskinError('spec_invalid', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, STRICT);
  const [error] = errors;
  if (root === undefined || error !== undefined) {
    const at = placeIn(text, error?.offset ?? 0);
    const what = error === undefined ? 'it is empty' : words(printParseErrorCode(error.error));
    throw new SiskinError('spec_invalid', `${path} ${at} is not JSON: ${what}`);
  }
  const value: unknown = JSON.parse(text);
  const parsed = v.safeParse(schemaOf(value), prepare(value));
  if (parsed.success) return parsed.output;
  const faults = parsed.issues.slice(0, MAX_FAULTS).map((issue) => {
    const steps = (issue.path ?? []).map(({ key }) => key as string | number);
    let node = findNodeAtLocation(root, steps);
    // What is missing stands nowhere: where it ought to stand is told.
    for (let up = 1; node === undefined; up++) node = findNodeAtLocation(root, steps.slice(0, -up));
    const name = steps.length === 0 ? '' : `, ${steps.join('.')}`;
    return `${placeIn(text, node.offset)}${name}: ${explain(issue, steps)}`;
  });
  const more = parsed.issues.length - faults.length;
  if (more > 0) faults.push(`and ${more} more`);
  throw new SiskinError('spec_invalid', `${path} ${faults.join('; ')}`);
}

/** In place of the validator's words, where these are not for people. */
function explain(issue: v.BaseIssue<unknown>, steps: readonly (string | number)[]): string {
  const key = String(steps.at(-1));
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const near = closest(key, MEMBERS);
    const hint = steps.length === 1 && distance(key, near) <= 2 ? `: did you mean "${near}"?` : '';
    return `there is no such member${hint || ': check its spelling'}`;
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined') return 'it is missing';
  return issue.message;
}

function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}

/** "CloseBraceExpected" → "close brace expected". */
function words(code: string): string {
  return code.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim();
}
