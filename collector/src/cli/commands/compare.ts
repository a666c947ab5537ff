import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TestError, TestResult } from '../../compare/column.ts';
import {
  AS,
  type As,
  type Comparison,
  compareFiles,
  type FeatureComparison,
} from '../../comparing.ts';
import { short } from '../../reports/text.ts';
import { EXIT, outputOf } from '../output.ts';
import { progressBar } from '../progress.ts';

interface Flags {
  spec?: string;
  as: As;
  tests?: string[];
  chunkSize?: number;
  chunkNumber?: number;
  json?: boolean;
}

export function compareCommand(program: Command): void {
  program
    .command('compare')
    .description(
      'whether two files of rows differ: by our own tests, or as Evidently or NannyML do',
    )
    .argument('<reference>', 'reference rows: .csv, .tsv, .ndjson, .jsonl or .parquet')
    .argument('<current>', 'rows to compare with them; they may be more or fewer')
    .option('--spec <file>', 'the model spec (siskin.json), or its inputs alone: columns and kinds')
    .addOption(
      new Option('--as <peer>', 'whose tests, conventions and thresholds')
        .choices(AS)
        .default('siskin'),
    )
    .option('--tests <names>', 'only these, separated by commas', names)
    .addOption(
      new Option('--chunk-size <rows>', 'NannyML: rows in a chunk')
        .argParser(count)
        .conflicts('chunkNumber'),
    )
    .addOption(new Option('--chunk-number <n>', 'NannyML: chunks in a file (10)').argParser(count))
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
Without --spec all columns are compared; one is numeric where every cell of both files is a number or
missing. The smallest spec is {"inputs": [{"name": "age", "kind": "numeric"}]}; kinds that are compared
are numeric and categorical. Empty cells are missing.

  siskin     from counts, as of devices: the chosen test "smooth" has drifted where the difference is
             significant among all columns (Benjamini–Hochberg) and large
  evidently  Evidently 0.7.21 on the raw values, with its choice of test and its default thresholds
  nannyml    NannyML 0.13.1 on chunks of rows: score is the largest chunk's value, threshold the mean
             of the reference's chunks plus 3 standard deviations

A test that is not defined for a column's values has an "error" in the JSON instead of a score.
Exit code 1 when a column has drifted by its chosen test.

  $ siskin compare january.csv february.csv --as evidently --tests ks,wasserstein --json`,
    )
    .action(async (reference: string, current: string, flags: Flags) => {
      const progress = flags.json === true ? undefined : progressBar();
      const comparison = await compareFiles({
        reference,
        current,
        as: flags.as,
        chunking: { size: flags.chunkSize, number: flags.chunkNumber },
        ...(flags.spec !== undefined && { spec: flags.spec }),
        ...(flags.tests !== undefined && { tests: flags.tests }),
        ...(progress !== undefined && { progress }),
      });
      const text = textOf(comparison, reference, current);
      outputOf(flags.json === true).show(text, comparison);
      if (comparison.drifted) process.exitCode = EXIT.found;
    });
}

function names(text: string): string[] {
  const all = text.split(',').map((name) => name.trim());
  if (all.every((name) => name !== '')) return [...new Set(all)];
  throw new InvalidArgumentError('It must be names separated by commas, such as ks,psi.');
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 up.');
}

/** A line for each column and test, the test that decides first. */
function textOf(
  { as, rows, features, skipped }: Comparison,
  reference: string,
  current: string,
): string {
  const drifted = features.filter((feature) => feature.drifted).length;
  const without = features.filter(({ chosen, tests }) => {
    const result = chosen === null ? undefined : tests[chosen];
    return result === undefined || 'error' in result;
  }).length;
  const table = [
    ['column', 'test', 'score', 'threshold', ''],
    ...features.flatMap((feature) => linesOf(feature)),
  ];
  const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, i) => (i === 2 || i === 3 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  return [
    `${drifted} of ${features.length} columns drifted${without > 0 ? `, ${without} without a verdict` : ''} (as ${as}): ${reference}, ${rows.reference} rows, against ${current}, ${rows.current} rows`,
    '',
    ...lines,
    ...(skipped.length === 0
      ? []
      : ['', `not compared, being neither numeric nor categorical: ${skipped.join(', ')}`]),
  ].join('\n');
}

function linesOf({ name, tests, chosen, error }: FeatureComparison): string[][] {
  const order = Object.keys(tests).sort((a, b) => Number(b === chosen) - Number(a === chosen));
  if (order.length === 0) return [[name, '–', '–', '–', error ?? 'no test applies']];
  return order.map((test, i) => [i === 0 ? name : '', ...cellsOf(test, tests[test]!, chosen)]);
}

function cellsOf(test: string, result: TestResult | TestError, chosen: string | null): string[] {
  const title = test === chosen ? `${test} *` : test;
  if ('error' in result) return [title, '–', '–', result.error];
  const { score, threshold, drifted } = result;
  return [
    title,
    short(score),
    threshold === null ? '–' : short(threshold),
    drifted ? 'drift' : 'ok',
  ];
}
