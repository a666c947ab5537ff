/** The categories of inputs that a spec leaves open, as a file has them. */
import type { InputSpec } from '@siskin/protocol';
import type { Progress } from './tables/progress.ts';
import { scout } from './tables/scout.ts';
import type { Table } from './tables/table.ts';

/** As long as a spec allows: longer texts are no categories, but `other`. */
const MAX_LABEL = 128;

/**
 * Reads the table once, if anything is open.
 * @param open names of categorical inputs.
 * @param notes takes remarks for a person.
 */
export async function learnCategories(
  inputs: readonly InputSpec[],
  open: ReadonlySet<string>,
  table: Table,
  progress?: Progress,
  notes?: string[],
): Promise<InputSpec[]> {
  if (open.size === 0) return [...inputs];
  progress?.start('looking for categories', table.size);
  const scouted = await scout(table, open, (bytes, rows) => progress?.at(bytes, rows));
  return inputs.map((input) => {
    const found = open.has(input.name) ? scouted.get(input.name) : undefined;
    if (input.kind !== 'categorical' || found === undefined) return input;
    const categories = found.categories.filter((label) => label.length <= MAX_LABEL);
    if (found.more) {
      notes?.push(
        `column "${input.name}" has more than ${found.categories.length} distinct values: the rarer ones count as "other"`,
      );
    }
    if (categories.length < found.categories.length) {
      notes?.push(
        `column "${input.name}" has values of more than ${MAX_LABEL} characters: they count as "other"`,
      );
    }
    return categories.length === 0 ? input : { ...input, categories };
  });
}
