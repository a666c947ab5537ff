import { writeFileSync } from 'node:fs';
import { messageOf, SiskinError } from '@siskin/protocol';
import { type Command, Option } from 'commander';
import type { Report } from '../../reports/report.ts';
import { textReport } from '../../reports/text.ts';
import { EXIT } from '../output.ts';
import { findTarget, type TargetFlags, targetOptions } from '../target.ts';

interface Flags extends TargetFlags {
  since: string;
  format: 'text' | 'json' | 'html';
  out?: string;
  json?: boolean;
}

export function reportCommand(program: Command): void {
  const command = program
    .command('report')
    .description('what a model did, and whether its inputs and outputs drift')
    .argument('<model>', 'the model')
    .option('--since <time>', 'how far back: 90s, 15m, 1h, 7d, or an instant in ISO 8601', '1h')
    .addOption(
      new Option('--format <format>', 'how to show it')
        .choices(['text', 'json', 'html'])
        .default('text'),
    )
    .option('--out <file>', 'write it there instead of to standard output')
    .option('--json', 'short for --format json')
    .addHelpText('after', '\nExit code 1 when an alarm is on, so that a pipeline can stop on it.');
  for (const option of targetOptions()) command.addOption(option);
  command.action(async (model: string, flags: Flags) => {
    const target = findTarget(flags);
    const path = `v1/admin/apps/${target.app}/models/${encodeURIComponent(model)}/report?since=${encodeURIComponent(flags.since)}`;
    const report = (await (await target.request('GET', path)).json()) as Report;
    const format = flags.json === true ? 'json' : flags.format;
    const content =
      format === 'html'
        ? await (await target.request('GET', `${path}&format=html`)).text()
        : format === 'json'
          ? `${JSON.stringify(report)}\n`
          : `${textReport(report)}\n`;
    if (flags.out === undefined) process.stdout.write(content);
    else write(flags.out, content);
    if (report.alarm) process.exitCode = EXIT.found;
  });
}

function write(path: string, content: string): void {
  try {
    writeFileSync(path, content);
  } catch (cause) {
    throw new SiskinError('usage', `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
