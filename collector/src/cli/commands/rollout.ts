import { setTimeout as sleep } from 'node:timers/promises';
import { AUTOMATION_LEVELS } from '@siskin/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, outputOf } from '../output.ts';
import { requestOf, type StartFlags } from '../rolloutRequest.ts';
import { describe, type State, type Status, statusText } from '../rolloutText.ts';
import { findTarget, type Target, type TargetFlags, targetOptions } from '../target.ts';
import { userName } from '../user.ts';

type Flags = TargetFlags & { json?: boolean; why?: string };

const WATCH_MS = 2000;

export function rolloutCommand(program: Command): void {
  const rollout = program.command('rollout').description('decide which devices run which version');
  startCommand(rollout);

  changing(rollout, 'promote', 'to the next step; without a policy or with --full, to all devices')
    .option('--full', 'make it the champion, whatever steps are left')
    .action((model: string, { full, ...flags }: Flags & { full?: boolean }) =>
      change(model, 'promote', { full }, flags),
    );
  changing(rollout, 'rollback', 'end the rollout; without one, go back to the champion before')
    .option('--to <version>', 'the version to go back to')
    .action((model: string, { to, ...flags }: Flags & { to?: string }) =>
      change(model, 'rollback', { to }, flags),
    );
  for (const [name, description] of [
    ['pause', 'nothing moves by itself, neither on nor back'],
    ['resume', 'judge on, with a new deadline; after a hold, with new counts'],
    ['flip', 'blue-green: green answers everywhere, or blue again'],
    ['off', 'kill switch: the model runs nowhere, and the decision is the human’s'],
    ['on', 'end what `off` began'],
    ['unpin', 'end what `pin` began'],
  ] as const) {
    changing(rollout, name, description).action((model: string, flags: Flags) =>
      change(model, name, {}, flags),
    );
  }
  changing(rollout, 'pin', 'give one version to all devices; no rollout starts until `unpin`')
    .requiredOption('--to <version>', 'the version')
    .action((model: string, { to, ...flags }: Flags & { to: string }) =>
      change(model, 'pin', { to }, flags),
    );
  changing(rollout, 'automation', 'how far the model decides, without publishing anew')
    .addOption(
      new Option('--level <level>', 'left out, as each version’s spec has it').choices(
        AUTOMATION_LEVELS,
      ),
    )
    .option('--threshold <share>', 'of partial: the least confidence, 0 … 1 (default: .5)', share)
    .action(
      (
        model: string,
        { level, threshold, ...flags }: Flags & { level?: string; threshold?: number },
      ) => {
        const automation = level === undefined ? undefined : { level, threshold };
        return change(model, 'automation', { automation }, flags);
      },
    );

  command(rollout, 'status', 'what is live, how the rollout stands, and what was')
    .option('--watch', 'again and again, until it is done or somebody has to decide')
    .addHelpText(
      'after',
      `
Exit code 0: nothing is wrong. 1: the rollout is held, or was rolled back by itself.`,
    )
    .action(async (model: string, flags: Flags & { watch?: boolean }) => {
      const target = findTarget(flags);
      let status = await statusOf(target, model);
      let shown = '';
      for (;;) {
        const text = statusText(status);
        if (text !== shown) outputOf(flags.json === true).show(text, status);
        shown = text;
        const { rollout } = status;
        if (flags.watch !== true || rollout === null || rollout.state === 'held') break;
        await sleep(WATCH_MS);
        status = await statusOf(target, model);
      }
      const isBad =
        status.rollout?.state === 'held' || (status.cause === 'rollback' && status.by === 'siskin');
      if (isBad) process.exitCode = EXIT.found;
    });
}

function startCommand(rollout: Command): void {
  changing(rollout, 'start', 'roll a version out, by hand or by a policy')
    .option('--to <version>', 'the version')
    .option('--canary <percent>', 'by hand: share of devices; again, to widen it', percent)
    .addOption(
      new Option('--strategy <name>', 'by itself').choices([
        'canary',
        'rolling',
        'shadow',
        'blue-green',
      ]),
    )
    .option('--policy <file>', 'JSON with what the flags say; flags go before it')
    .option('--steps <percents>', 'shares of devices, such as 1,5,25,50,100', percents)
    .option('--bake <time>', 'how long a step lasts at least, such as 30m or 6h')
    .option('--deadline <time>', 'after so long at a step a person is asked (default: 7d)')
    .option('--min-devices <number>', 'canary devices that a step needs', Number)
    .option('--guard <names>', 'error,null,redo,override,switch,defer,p95_latency,p95_load', list)
    .option('--approve <percents>', 'steps that a person has to approve, 100 for all', percents)
    .option('--sample <percent>', 'of a shadow: predictions that are answered twice', percent)
    .addHelpText(
      'after',
      `
By hand, a canary only ever widens: a device that has it keeps it. By a policy the collector judges it
against the champion after every few batches: on to the next step when it is shown to be safe, back when it
is shown to do harm, and no step without devices. rolling goes by the clock and back on harm; shadow answers
beside the champion and is shown to nobody; blue-green is loaded everywhere first, then \`rollout flip\`.

  $ siskin rollout start house --to v2 --canary 10 --data ./siskin-data
  $ siskin rollout start house --to v2 --strategy canary --steps 1,5,25,50,100 --bake 30m \\
      --min-devices 500 --guard error,null,override,p95_latency --approve 100 --data ./siskin-data
  $ siskin rollout start house --to v2 --policy models/house/rollout.json --data ./siskin-data
  $ siskin rollout status house --watch --data ./siskin-data`,
    )
    .action(async (model: string, flags: Flags & StartFlags) => {
      const { app, data, url, secret, json, why, ...asked } = flags;
      const target = { app, data, url, secret } as TargetFlags;
      await change(model, 'start', await requestOf(asked), {
        ...target,
        ...{ json, why },
      } as Flags);
    });
}

function command(rollout: Command, name: string, description: string): Command {
  const made = rollout
    .command(name)
    .description(description)
    .argument('<model>', 'the model')
    .option('--json', 'one JSON object instead of text');
  for (const option of targetOptions()) made.addOption(option);
  return made;
}

function changing(rollout: Command, name: string, description: string): Command {
  return command(rollout, name, description).option('--why <text>', 'for the audit log');
}

const pathOf = ({ app }: Target, model: string): string =>
  `v1/admin/apps/${app}/models/${encodeURIComponent(model)}/rollout`;

async function change(
  model: string,
  name: string,
  body: object,
  { why, ...flags }: Flags,
): Promise<void> {
  const target = findTarget(flags);
  const asked = { ...body, why, by: userName() };
  const response = await target.request('POST', `${pathOf(target, model)}/${name}`, asked);
  const state = (await response.json()) as State;
  outputOf(flags.json === true).show(describe(state), state);
}

async function statusOf(target: Target, model: string): Promise<Status> {
  const path = pathOf(target, model);
  const status = (await (await target.request('GET', path)).json()) as Status;
  const judged = await (await target.request('GET', `${path}/judgement`)).json();
  return { ...status, ...(judged as Pick<Status, 'judgement'>) };
}

function percent(text: string): number {
  const value = Number(text.replace(/ ?%$/, ''));
  if (!(value > 0 && value <= 100)) {
    throw new InvalidArgumentError('It is more than 0 and at most 100.');
  }
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It is from 0 to 1.');
  return value;
}

const list = (text: string): string[] => text.split(',').map((one) => one.trim());
const percents = (text: string): number[] => list(text).map(percent);
