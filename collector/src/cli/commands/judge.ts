import { readFile } from 'node:fs/promises';
import { messageOf, SiskinError } from '@siskin/protocol';
import type { Command } from 'commander';
import { parseCounts } from '../../judge/counts.ts';
import type { JudgeInput } from '../../judge/policy.ts';
import { judge, type Verdict } from '../../judge/verdict.ts';
import { inWords } from '../../judge/words.ts';
import { EXIT, outputOf } from '../output.ts';

export function judgeCommand(program: Command): void {
  program
    .command('judge')
    .description("try the canary's judge on counts of a past rollout")
    .argument('<counts>', 'JSON: guardrails with their strata, and the devices exposed')
    .option('--json', 'one JSON object instead of text')
    .addHelpText(
      'after',
      `
A is the champion, B the canary; devices are counted, not predictions. The least that counts.json holds:

  { "guardrails": [{ "name": "error", "kind": "rare",
      "strata": [{ "shareB": 0.1, "nA": 9000, "badA": 90, "nB": 1000, "badB": 25 }] }],
    "exposed": { "A": 9000, "B": 1000, "shareB": 0.1 } }

Exit code 0 to promote or continue, 1 to roll back, or when a human has to look.`,
    )
    .action(async (path: string, flags: { json?: boolean }) => {
      const verdict = judge(await readCounts(path));
      const evidence = inWords(verdict);
      outputOf(flags.json === true).show(evidence.join('\n'), { ...verdict, evidence });
      if (needsSomeone(verdict)) process.exitCode = EXIT.found;
    });
}

/** Without data there is nothing to find: a rollout that has just started fails no pipeline. */
function needsSomeone({ outcome, why }: Verdict): boolean {
  return outcome === 'rollback' || outcome === 'inconclusive' || why === 'sample-ratio mismatch';
}

async function readCounts(path: string): Promise<JudgeInput> {
  const invalid = (what: string, cause: unknown): SiskinError =>
    new SiskinError('data_invalid', `${path}${what}${messageOf(cause)}`, { cause });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw invalid(' cannot be read: ', cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(' is not JSON: ', cause);
  }
  try {
    return parseCounts(value);
  } catch (cause) {
    throw invalid(': ', cause);
  }
}
