/** A rollout as a person reads it. */

export interface State {
  model: string;
  champion: string;
  canary: { version: string; share: number } | null;
  rollout: {
    strategy: string;
    version: string;
    share: number;
    state: string;
    since: string;
    policy?: {
      steps: number[];
      bakeMs: number;
      minDevices: number;
      gates: number[];
    };
  } | null;
  off?: boolean;
  pinned?: boolean;
  automation?: { level: string; threshold: number };
  sequence: number;
  cause: string;
  at: string;
  by?: string;
  why?: string;
}

export interface Judgement {
  evidence: string[];
  steps?: {
    share: number;
    champion: { exposed: number };
    canary: { exposed: number; tried: number };
  }[];
}

export interface Status extends State {
  versions: {
    version: string;
    published: string;
    by: string | null;
    metrics: Record<string, number>;
  }[];
  history: State[];
  judgement: Judgement | null;
}

export function describe({ model, champion, canary, sequence, ...rest }: State): string {
  const { rollout, off, pinned, automation } = rest;
  const parts = [
    `champion ${champion}${pinned === true ? ' (pinned)' : ''}`,
    ...(rollout?.strategy === 'shadow' ? [`shadow ${rollout.version}`] : []),
    ...(canary === null ? [] : [shared(canary, rollout?.strategy)]),
    ...(rollout && rollout.state !== 'running' ? [rollout.state] : []),
    ...(automation ? [automationText(automation)] : []),
    ...(off === true ? ['OFF'] : []),
  ];
  return `${model}: ${parts.join(', ')} (sequence ${sequence})`;
}

function shared({ version, share }: { version: string; share: number }, strategy?: string): string {
  if (strategy !== 'blue-green') return `canary ${version} on ${percent(share)}`;
  return `green ${version} ${share === 1 ? 'live' : 'made ready'}`;
}

const automationText = ({ level, threshold }: { level: string; threshold: number }): string =>
  `automation ${level}${level === 'partial' ? ` from ${threshold}` : ''}`;

export function statusText(status: Status): string {
  const { versions, history, rollout, judgement } = status;
  return [
    describe(status),
    ...(rollout === null ? [] : [planText(rollout)]),
    ...(judgement === null ? [] : ['evidence:', ...judgement.evidence.map((line) => `  ${line}`)]),
    ...devicesText(judgement),
    'versions:',
    ...versions.map(
      (v) => `  ${v.version}, published ${v.published}${v.by === null ? '' : ` by ${v.by}`}`,
    ),
    'history:',
    ...history.map((s) => {
      const why = s.why === undefined ? '' : `: ${s.why.split('\n')[0]}`;
      const by = s.by === undefined ? '' : `, by ${s.by}${why}`;
      return `  ${s.at}  ${s.cause.padEnd(8)}  ${describe(s)}${by}`;
    }),
  ].join('\n');
}

function planText({
  strategy,
  share,
  state,
  since,
  policy,
}: NonNullable<State['rollout']>): string {
  const moved = `rollout: ${strategy}, ${state} since ${since}`;
  if (policy === undefined) return `${moved}, moved by people`;
  const steps = policy.steps.map((step) => (step === share ? `[${percent(step)}]` : percent(step)));
  const needs = [
    `a step lasts ${policy.bakeMs / 60_000} minutes`,
    ...(policy.minDevices > 0 ? [`needs ${policy.minDevices} devices`] : []),
    ...policy.gates.map((gate) => `${gate === 1 ? 'everybody' : percent(gate)} is to be approved`),
  ];
  return `${moved}; ${steps.join(' → ')} → everybody; ${needs.join(', ')}`;
}

function devicesText(judgement: Judgement | null): string[] {
  const steps = judgement?.steps ?? [];
  if (steps.length === 0) return [];
  const count = (devices: number): string => devices.toLocaleString('en');
  return [
    'devices by step:',
    ...steps.map(
      ({ share, champion, canary }) =>
        `  ${percent(share)}: champion ${count(champion.exposed)}, canary ${count(canary.exposed)}`,
    ),
  ];
}

const percent = (share: number): string => `${+(share * 100).toFixed(4)} %`;
