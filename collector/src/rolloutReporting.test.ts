import { parseProfile, parseSpec, SERIES } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { rolloutReporter } from './rolloutReporting.ts';
import { startRolloutTest } from './testing/rollouts.ts';

describe('a shadow', () => {
  it('is told by how often it agrees with the champion, and where it does not', async () => {
    const test = await startRolloutTest();
    const labels = ['cat', 'dog'];
    const spec = {
      ...{ name: 'pets', version: 'v1', format: 'onnx' as const, files: ['model.onnx'] },
      inputs: [{ name: 'size', kind: 'numeric' as const }],
      outputs: [{ kind: 'classification' as const, labels }],
    };
    const profile = parseProfile({ v: 1, source: 'none', n: 1, series: [], metrics: {} });
    const file = { name: 'model.onnx', sha256: 'a'.repeat(64), bytes: 1 };
    for (const version of ['v1', 'v2']) {
      await test.delivery.publish(
        'shop',
        {
          ...{ model: 'pets', version, digest: version, profile, files: [file] },
          spec: parseSpec({ ...spec, version }),
        },
        { by: 'test', allowSchemaChange: false },
      );
    }
    const report = rolloutReporter({
      store: test.store,
      windowMs: 60_000,
      now: () => 1_900_000_000_000,
    });
    expect(await report('shop', 'pets')).toBeNull();
    await test.startOf('pets', { strategy: 'shadow', version: 'v2' });
    expect(await report('shop', 'pets')).toMatchObject({ agreement: null });
    // Rows: what the champion said; columns: what the shadow said; of cat, dog and other.
    const series = { [SERIES.shadowPairs]: [0, 90, 1, 6, 3, 4, 4, 100] };
    const shadow = { model: 'pets', version: 'v2', arm: 'shadow' as const, sequence: 4 };
    await test.count([{ ...shadow, series }]);
    await test.count([{ ...shadow, version: 'v1', series }]); // of another rollout
    expect(await report('shop', 'pets')).toEqual({
      action: 'stay',
      evidence: [
        'v1 and v2 say the same of 95 % of 200 inputs',
        'cat against dog: 6 times',
        'dog against cat: 4 times',
      ],
      agreement: {
        pairs: 200,
        share: 0.95,
        disagreements: [
          { champion: 'cat', challenger: 'dog', pairs: 6 },
          { champion: 'dog', challenger: 'cat', pairs: 4 },
        ],
      },
    });
  });
});
