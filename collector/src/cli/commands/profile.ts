import { dirname, join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { profileData } from '../../profileData.ts';
import { outputOf } from '../output.ts';
import { progressBar } from '../progress.ts';
import { byLine, checkTargets, writeWhole } from '../write.ts';

interface Flags {
  spec: string;
  out: string;
  selfTest?: string;
  source?: string;
  components: number;
  model: boolean;
  json?: boolean;
}

export function profileCommand(program: Command): void {
  program
    .command('profile')
    .description('learn how reference data look: the reference profile, and a self-test')
    .argument('<data>', 'reference rows: .csv, .tsv, .ndjson, .jsonl or .parquet, of any size')
    .requiredOption('--spec <file>', 'the model spec (siskin.json), or its inputs alone')
    .requiredOption('--out <file>', 'where the profile goes; publish wants it as reference.json')
    .option('--self-test <file>', 'where the self-test goes (default: selftest.json beside --out)')
    .option('--source <text>', 'what the data are, for a person: data set, split, seed')
    .option(
      '--components <share>',
      'of the variance that principal components keep; 0: without them',
      share,
      0.65,
    )
    .option('--no-model', 'profile the inputs alone')
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
Take rows that the model has not learnt. They go through the code that counts on devices: each
column has the name of an input, and the column that the spec's labels.column names holds the truth.
Only counts of bins are written, no values but the range and what the spec names.

  $ siskin profile held-out.csv --spec models/house/v1/siskin.json --out models/house/v1/reference.json`,
    )
    .action(async (data: string, flags: Flags) => {
      const selfTestPath = flags.selfTest ?? join(dirname(flags.out), 'selftest.json');
      checkTargets([flags.out, selfTestPath], [data, flags.spec]);
      const began = performance.now();
      const progress = flags.json === true ? undefined : progressBar();
      const { profile, selfTest, rows, notes } = await profileData({
        data,
        spec: flags.spec,
        model: flags.model,
        keep: flags.components,
        ...(flags.source !== undefined && { source: flags.source }),
        ...(progress !== undefined && { progress }),
      });
      writeWhole({
        [flags.out]: byLine(profile, 'series'),
        ...(selfTest !== undefined && { [selfTestPath]: byLine(selfTest, 'cases') }),
      });
      const seconds = (performance.now() - began) / 1000;
      const rate = Math.round(rows / seconds);
      const components = profile.pca?.components.length ?? 0;
      const lines = [
        `${flags.out}: ${rows.toLocaleString('en')} rows, ${profile.series.length} series, ${components} principal components; ${seconds.toFixed(1)} s, ${rate.toLocaleString('en')} rows/s`,
        ...Object.entries(profile.metrics).map(
          ([name, value]) => `${name} ${value.toPrecision(4)}`,
        ),
        ...(selfTest === undefined ? [] : [`${selfTestPath}: ${selfTest.cases.length} cases`]),
        ...notes.map((note) => `note: ${note}`),
      ];
      outputOf(flags.json === true).show(lines.join('\n'), {
        out: flags.out,
        selfTest: selfTest === undefined ? null : selfTestPath,
        rows,
        seconds,
        rowsPerSecond: rate,
        series: profile.series.length,
        components,
        metrics: profile.metrics,
        notes,
      });
    });
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError('It must be a share from 0 to below 1, such as 0.65.');
}
