/** One rollout from 1 to 50 %, with a look after every tick, by the judge and by its peers. */
import {
  exceedance,
  frozenEdge,
  type Guardrail,
  judge,
  RATIOS,
  type Stratum,
} from '@siskin/collector';
import { MannWhitney, pooledZ, stratifiedZ, zOf } from './peers.ts';
import { RAMP, shareAt, type Tally, TICKS, TICKS_A_STEP, World } from './world.ts';

export interface Task {
  seed: number;
  runs: number;
  /** The canary's error rate in multiples of the champion's. */
  harm: number;
}

export interface RunResult {
  /** The guardrail that the judge rolled back by, if it did; and canary devices until then. */
  rolledBackBy: string | undefined;
  devices: number;
  /** The judge's answer at the end, where it did not roll back. */
  promoted: boolean;
  held: boolean;
  /** Whether a peer rejected in one of the looks. */
  z: boolean;
  zPooled: boolean;
  zPredictions: boolean;
  mannWhitney: boolean;
}

const ALPHA = 0.05;
const DEVICES_BEFORE = 2000;

export function simulate({ seed, runs, harm }: Task): RunResult[] {
  return Array.from({ length: runs }, (_, i) => rollout(seed + i, harm));
}

function rollout(seed: number, harm: number): RunResult {
  const world = new World(seed, harm);
  const edge = frozenEdge(world.latencyBefore(DEVICES_BEFORE));
  if (edge === undefined) throw new Error('latencies without a 95th percentile');
  const KINDS: [name: string, kind: Guardrail['kind'], bad: (tally: Tally) => number][] = [
    ['error', 'rare', ({ errors }) => errors],
    ['null', 'rare', ({ nulls }) => nulls],
    ['redo', 'common', ({ redos }) => redos],
    ['p95_latency', 'rare', ({ latency }) => exceedance(latency, edge).bad],
  ];
  const strata = KINDS.map((): Stratum[] => []);
  const exposed = RAMP.map((shareB) => ({ A: 0, B: 0, shareB }));
  const ranks = new MannWhitney();
  const pooled = { failed: [0, 0], predictions: [0, 0], bad: KINDS.map(() => [0, 0]) };
  const result: RunResult = {
    rolledBackBy: undefined,
    devices: 0,
    promoted: false,
    held: false,
    z: false,
    zPooled: false,
    zPredictions: false,
    mannWhitney: false,
  };

  for (let tick = 0; tick < TICKS; tick++) {
    const { A, B } = world.tick(tick);
    const step = Math.floor(tick / TICKS_A_STEP);
    exposed[step]!.A += A.devices;
    exposed[step]!.B += B.devices;
    for (const [i, [, , bad]] of KINDS.entries()) {
      const shareB = shareAt(tick);
      strata[i]!.push({ shareB, nA: A.devices, badA: bad(A), nB: B.devices, badB: bad(B) });
      pooled.bad[i]![0]! += bad(A);
      pooled.bad[i]![1]! += bad(B);
    }
    for (const [arm, tally] of [A, B].entries()) {
      pooled.failed[arm]! += tally.failedPredictions;
      pooled.predictions[arm]! += tally.predictions;
    }
    ranks.add(step, A, B);

    if (result.rolledBackBy === undefined) {
      const verdict = judge({
        alpha: ALPHA,
        promoteRatio: 2,
        guardrails: KINDS.map(([name, kind], i) => ({
          name,
          kind,
          grid: RATIOS,
          strata: strata[i]!,
        })),
        exposed,
        baked: tick % TICKS_A_STEP === TICKS_A_STEP - 1,
      });
      result.devices = verdict.devices;
      result.promoted = verdict.outcome === 'promote';
      if (verdict.why === 'sample-ratio mismatch') result.held = true;
      if (verdict.outcome === 'rollback') {
        result.rolledBackBy = verdict.guardrails.find(({ state }) => state === 'harm')!.name;
      }
    }

    const devices = exposed.reduce((sum, one) => [sum[0]! + one.A, sum[1]! + one.B], [0, 0]);
    const [nA, nB] = [devices[0]!, devices[1]!];
    result.z ||= strata.some((one) => stratifiedZ(one) > zOf.alpha05of4);
    result.zPooled ||= pooled.bad.some(([a, b]) => pooledZ(a!, nA, b!, nB) > zOf.alpha05of4);
    const [failed, all] = [pooled.failed, pooled.predictions];
    result.zPredictions ||= pooledZ(failed[0]!, all[0]!, failed[1]!, all[1]!) > zOf.alpha05;
    result.mannWhitney ||= ranks.z() > zOf.alpha05;
  }
  return result;
}
