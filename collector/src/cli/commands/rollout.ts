import { type Command, InvalidArgumentError } from 'commander';
import { outputOf } from '../output.ts';
import { findTarget, type TargetFlags, targetOptions } from '../target.ts';

interface State {
  model: string;
  champion: string;
  canary: { version: string; share: number } | null;
  sequence: number;
  cause: string;
  at: string;
}
interface Status extends State {
  versions: {
    version: string;
    published: string;
    by: string | null;
    metrics: Record<string, number>;
  }[];
  history: State[];
}

type Flags = TargetFlags & { json?: boolean };

export function rolloutCommand(program: Command): void {
  const rollout = program.command('rollout').description('decide which devices run which version');

  step(rollout, 'start', 'give a version to a share of devices, or widen that share')
    .requiredOption('--to <version>', 'the version')
    .requiredOption('--canary <percent>', 'share of devices, more than 0 and at most 100', percent)
    .addHelpText(
      'after',
      `
A canary only ever widens: a device that has it keeps it. To stop it, roll back; a canary that is started
again goes to other devices first.

  $ siskin rollout start house --to v2 --canary 10 --data ./siskin-data`,
    )
    .action(async (model: string, flags: Flags & { to: string; canary: number }) => {
      await change(model, 'start', { version: flags.to, canary: flags.canary }, flags);
    });

  step(rollout, 'promote', 'make the canary the champion of all devices').action(
    (model: string, flags: Flags) => change(model, 'promote', {}, flags),
  );

  step(rollout, 'rollback', 'end the canary; without one, go back to the champion before')
    .option('--to <version>', 'the version to go back to')
    .action((model: string, flags: Flags & { to?: string }) =>
      change(model, 'rollback', flags.to === undefined ? {} : { to: flags.to }, flags),
    );

  step(rollout, 'status', 'what is live, and what was').action(
    async (model: string, flags: Flags) => {
      const target = findTarget(flags);
      const response = await target.request(
        'GET',
        `v1/admin/apps/${target.app}/models/${encodeURIComponent(model)}/rollout`,
      );
      const status = (await response.json()) as Status;
      const lines = [
        describe(status),
        'versions:',
        ...status.versions.map(
          (v) => `  ${v.version}, published ${v.published}${v.by === null ? '' : ` by ${v.by}`}`,
        ),
        'history:',
        ...status.history.map((s) => `  ${s.at}  ${s.cause.padEnd(8)}  ${describe(s)}`),
      ];
      outputOf(flags.json === true).show(lines.join('\n'), status);
    },
  );
}

function step(rollout: Command, name: string, description: string): Command {
  const command = rollout
    .command(name)
    .description(description)
    .argument('<model>', 'the model')
    .option('--json', 'one JSON object instead of text');
  for (const option of targetOptions()) command.addOption(option);
  return command;
}

async function change(model: string, name: string, body: object, flags: Flags): Promise<void> {
  const target = findTarget(flags);
  const path = `v1/admin/apps/${target.app}/models/${encodeURIComponent(model)}/rollout/${name}`;
  const state = (await (await target.request('POST', path, body)).json()) as State;
  outputOf(flags.json === true).show(describe(state), state);
}

function describe({ model, champion, canary, sequence }: State): string {
  const shared =
    canary === null ? '' : `, canary ${canary.version} on ${+(canary.share * 100).toFixed(4)} %`;
  return `${model}: champion ${champion}${shared} (sequence ${sequence})`;
}

function percent(text: string): number {
  const value = Number(text.replace(/ ?%$/, ''));
  if (!(value > 0 && value <= 100)) {
    throw new InvalidArgumentError('It is more than 0 and at most 100.');
  }
  return value;
}
