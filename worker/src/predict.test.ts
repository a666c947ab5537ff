import 'fake-indexeddb/auto';
import { ERROR_CODES, FIRST_ATOM } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import type { Input } from './api.ts';
import { predict } from './predict.ts';
import { failure } from './testing/errors.ts';
import { liveOf } from './testing/live.ts';
import { countsOf, createTelemetry } from './testing/telemetry.ts';

// Bins of categories: missing, other, then in order (see the catalogue).
const ACCOUNT = { counted: 2, failed: 3, clipped: 4 };
const errorBin = (code: (typeof ERROR_CODES)[number]) => ERROR_CODES.indexOf(code) + 2;

describe('a prediction', () => {
  it('answers, and is counted once in every series', async () => {
    const { telemetry, sent } = await createTelemetry();
    const live = liveOf(() => 0.875, { arm: 'canary', sequence: 4 });
    const { data, predicted } = await predict('id-1', live, { a: 1 }, telemetry, performance.now());
    expect(data).toMatchObject({
      id: 'id-1',
      label: 'yes',
      confidence: 0.875,
      decision: 'automate',
      model: 'm',
      version: 'v1',
      arm: 'canary',
      backend: 'wasm',
    });
    expect([...(data.output as Float32Array)]).toEqual([0.125, 0.875]);
    const { queue, prepare, run, total } = data.timings;
    for (const ms of [queue, prepare, run]) expect(ms).toBeGreaterThanOrEqual(0);
    expect(queue + prepare + run).toBeLessThanOrEqual(total);
    expect(predicted).toMatchObject({ label: 'yes', confidence: 0.875, value: null });

    await telemetry.flush();
    expect(sent).toHaveLength(1);
    const [entry] = sent[0]!.entries;
    const { 'software/latency': latency, ...series } = entry!.series;
    expect(entry).toMatchObject({ model: 'm', version: 'v1', arm: 'canary', sequence: 4 });
    expect(latency![1]).toBe(1);
    expect(series).toEqual({
      predictions: [ACCOUNT.counted, 1],
      'input/a': [FIRST_ATOM + 1, 1],
      'output/label': [3, 1],
      'output/confidence': [43, 1], // ⌊.875 · 50⌋
      'output/answer': [2, 1],
      'output/decision': [2, 1],
      'software/backend': [3, 1],
    });
  });

  it('that is empty is counted as such, and deferred', async () => {
    const { telemetry, sent } = await createTelemetry();
    const live = liveOf(() => Number.NaN);
    const { data } = await predict('id', live, { a: 0 }, telemetry, performance.now());
    expect(data).toMatchObject({ label: null, confidence: null, decision: 'defer' });
    await telemetry.flush();
    expect(sent[0]!.entries[0]!.series).toMatchObject({
      predictions: [ACCOUNT.counted, 1],
      'output/answer': [3, 1],
      'output/label': [0, 1],
      'output/confidence': [50, 1],
    });
  });
});

describe('a prediction that fails', () => {
  const fails: [string, ReturnType<typeof liveOf>, Input, (typeof ERROR_CODES)[number]][] = [
    ['for its input', liveOf(() => 1), { a: 'one' }, 'input_invalid'],
    ['for a missing input', liveOf(() => 1), {}, 'input_invalid'],
    [
      'in the runtime',
      liveOf(() => Promise.reject(new Error('bad allocation'))),
      { a: 1 },
      'prediction_failed',
    ],
  ];

  it.each(fails)('%s counts no feature, one failure and its code', async (_, live, input, code) => {
    const { telemetry, sent } = await createTelemetry();
    await failure(() => predict('id', live, input, telemetry, performance.now()), code);
    await telemetry.flush();
    expect(sent[0]!.entries[0]!.series).toEqual({
      predictions: [ACCOUNT.failed, 1],
      'software/error': [errorBin(code), 1],
    });
  });

  it('in the runtime says where, with its cause', async () => {
    const { telemetry } = await createTelemetry();
    const live = liveOf(() => Promise.reject(new Error('bad allocation')));
    const error = await failure(
      () => predict('id', live, { a: 1 }, telemetry, performance.now()),
      'prediction_failed',
    );
    expect(error.message).toBe('the model failed on wasm: bad allocation');
    expect(error.toData().cause).toBe('bad allocation');
  });

  it('because the answer is not what the spec says counts no feature either', async () => {
    const { telemetry, sent } = await createTelemetry();
    const live = liveOf(() => 1);
    const session = {
      ...live.session,
      run: async () => ({
        y: { type: 'float32' as const, dims: [3], data: Float32Array.of(0, 0, 1) },
      }),
    };
    await failure(
      () => predict('id', { ...live, session }, { a: 1 }, telemetry, performance.now()),
      'prediction_failed',
    );
    await telemetry.flush();
    expect(Object.keys(sent[0]!.entries[0]!.series)).toEqual(['predictions', 'software/error']);
  });
});

it('beyond the bound of a window predictions are answered and counted as clipped', async () => {
  const { telemetry, sent, clock } = await createTelemetry();
  const live = liveOf(() => 1);
  const ask = () => predict('id', live, { a: 1 }, telemetry, performance.now());
  for (let i = 0; i < 1003; i++) expect((await ask()).data.label).toBe('yes');
  clock.now += 60_000; // the next window
  await ask();
  await telemetry.flush();
  expect(countsOf(sent, 'predictions')).toEqual({ [ACCOUNT.counted]: 1001, [ACCOUNT.clipped]: 3 });
  expect(countsOf(sent, 'input/a')).toEqual({ [FIRST_ATOM + 1]: 1001 });
});
