import { isDeepStrictEqual } from 'node:util';
import {
  definitionsOf,
  type ModelSpec,
  type ReferenceProfile,
  SiskinError,
} from '@siskin/protocol';
import { type Command, Option } from 'commander';
import pkg from '../../../package.json' with { type: 'json' };
import { labelBatches } from '../../labelData.ts';
import { readModelFolder } from '../../modelFolder.ts';
import { outputOf } from '../output.ts';
import { findTarget, type Target, type TargetFlags, targetOptions } from '../target.ts';

interface Flags extends TargetFlags {
  model: string;
  spec: string;
  arm: 'champion' | 'canary';
  json?: boolean;
}

export function labelCommand(program: Command): void {
  const command = program
    .command('label')
    .description('tell what was true, where the ML team and not the device knows it')
    .argument('<data>', 'rows of prediction, confidence (of a classification) and truth')
    .requiredOption('--model <dir>', 'the folder that the version was published from')
    .option('--spec <file>', 'the spec in that folder', 'siskin.json')
    .addOption(
      new Option('--arm <arm>', 'who answered').choices(['champion', 'canary']).default('champion'),
    )
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
Rows are counted here as devices count outcomes; only counts are sent. They fall into the window in
which they are sent. The same file again counts nothing twice.

  $ siskin label january.csv --model models/house/v1 --data ./siskin-data`,
    );
  for (const option of targetOptions()) command.addOption(option);
  command.action(async (data: string, flags: Flags) => {
    const { spec, profile } = await readModelFolder(flags.model, flags.spec);
    const target = findTarget(flags);
    const sdk = pkg.version;
    const { batches, rows, skipped } = await labelBatches({
      data,
      spec,
      profile,
      arm: flags.arm,
      sdk,
    });
    await checkPublished(target, spec, profile);
    const app = await target.request('GET', `v1/admin/apps/${target.app}`);
    const { writeKey } = (await app.json()) as { writeKey: string };
    let duplicates = 0;
    for (const batch of batches) {
      const response = await target.request('POST', `v1/batches/${writeKey}`, batch);
      if (((await response.json()) as { duplicate?: boolean }).duplicate === true) duplicates++;
    }
    const again = batches.length > 0 && duplicates === batches.length;
    outputOf(flags.json === true).show(
      `${again ? 'counted before, nothing added' : 'counted'}: ${rows} labels of ${spec.name} ${spec.version}, ${skipped} rows without one`,
      { rows, skipped, batches: batches.length, duplicates },
    );
  });
}

/** Bins of another profile would be other bins, and counts cannot be taken back. */
async function checkPublished(
  target: Target,
  { name, version }: ModelSpec,
  profile: ReferenceProfile,
): Promise<void> {
  const path = `v1/admin/apps/${target.app}/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
  const { series } = (await (await target.request('GET', path)).json()) as { series: unknown };
  if (isDeepStrictEqual(series, definitionsOf(profile))) return;
  throw new SiskinError(
    'conflict',
    `${name} ${version} was published with another reference profile than the folder holds: name the folder it was published from`,
  );
}
