import {
  ACCOUNTS,
  BACKENDS,
  binOf,
  CATEGORY_MISSING,
  catalogueOf,
  categoryBinOf,
  IDENTITY,
  parseSpec,
  SERIES,
  SIGNALS,
  type SparseCounts,
  toSparse,
} from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { codeOf, startTestCollector, UNTRIED } from '../testing/collector.ts';
import { batchOf, houses, MODEL, PROFILE, spec } from '../testing/model.ts';
import { uniform } from '../testing/random.ts';
import type { Report } from './report.ts';
import { summarise } from './summary.ts';
import { short } from './text.ts';

const classifier = parseSpec({
  ...spec('v1'),
  outputs: [{ kind: 'classification', labels: ['cat', 'dog'] }],
});
const LABEL = { name: SERIES.label, kind: 'category', categories: ['cat', 'dog'] } as const;
const catalogue = catalogueOf(classifier, [{ ...LABEL, categories: [...LABEL.categories] }]);

function latency(values: readonly number[]): SparseCounts {
  const dense = new Float64Array(425);
  for (const value of values) dense[binOf(value, IDENTITY)]!++;
  return toSparse(dense);
}

/** Counts of categories, binned as on a device. */
function named(names: readonly string[], counts: Record<string, number>): SparseCounts {
  return Object.entries(counts)
    .map(([name, count]) => [categoryBinOf(name, names), count])
    .sort(([a], [b]) => a! - b!)
    .flat();
}

describe('a summary', () => {
  const summary = (series: Record<string, SparseCounts>) =>
    summarise(catalogue, new Map(Object.entries(series)), () => undefined, []);

  it('has latency percentiles within the bins’ 4.4 %', () => {
    const random = uniform(3);
    const values = Array.from({ length: 20_000 }, () => 2 * Math.exp(3 * random()));
    const sorted = values.toSorted((a, b) => a - b);
    const spread = summary({ [SERIES.latency]: latency(values) }).latency!;
    for (const [got, p] of [
      [spread.p5, 0.05],
      [spread.p50, 0.5],
      [spread.p95, 0.95],
      [spread.p99, 0.99],
    ] as const) {
      expect(Math.abs(got / sorted[Math.floor(p * sorted.length)]! - 1)).toBeLessThan(0.044);
    }
    const mean = values.reduce((a, b) => a + b) / values.length;
    expect(Math.abs(spread.mean / mean - 1)).toBeLessThan(0.01);
    expect(spread.n).toBe(20_000);
  });

  it('names what was counted, and leaves out what was not', () => {
    expect(
      summary({
        [SERIES.predictions]: named(ACCOUNTS, { counted: 90, failed: 4, clipped: 6 }),
        [SERIES.label]: [CATEGORY_MISSING, 10, ...named(LABEL.categories, { cat: 30, dog: 50 })],
        [SERIES.backend]: named(BACKENDS, { wasm: 90 }),
        [SERIES.signal]: named(SIGNALS, { override: 5 }),
      }),
    ).toMatchObject({
      predictions: { counted: 90, failed: 4, clipped: 6 },
      classes: [
        { label: 'cat', count: 30, share: 1 / 3, reference: null },
        { label: 'dog', count: 50 },
        { label: 'missing', count: 10 },
      ],
      backends: { wasm: 90 },
      signals: { override: 5 },
      errors: {},
      latency: null,
      missing: null,
      outcomes: null,
    });
  });

  it('has the accuracy of predictions whose truth is known', () => {
    // Confidence bin 40: one wrong, three right; bin 45: six right.
    const table = [80, 1, 81, 3, 91, 6];
    expect(summary({ [SERIES.reliability]: table }).outcomes).toEqual({ n: 10, accuracy: 0.9 });
  });
});

it('figures have three digits', () => {
  expect([0, 0.12345, 12.345, 1234.5, 1e-9, 3e8].map(short)).toEqual([
    '0',
    '0.123',
    '12.3',
    '1235',
    '1.0e-9',
    '3.0e+8',
  ]);
});

describe('a report', () => {
  it('tells stable from shifted traffic, by version and arm', async () => {
    // A clock that stands still: no batch falls into another window because the machine was slow.
    const now = Date.parse('2026-11-24T12:00:30Z');
    const collector = await startTestCollector({ now: () => now });
    await collector.publish('v1');
    await collector.publish('v2');
    // Three windows that are over: an open one is not judged.
    for (let device = 0; device < 120; device++) {
      const age = 60_000 * (1 + (device % 3));
      await collector.send(batchOf('v1', houses(20, 0, device), { age }));
      await collector.send(batchOf('v2', houses(5, 300, 1000 + device), { arm: 'canary', age }));
    }
    const report = (await (await collector.report()).json()) as Report;
    expect(report.versions.map(({ version, arm, alarm }) => [version, arm, alarm])).toEqual([
      ['v1', 'champion', false],
      ['v2', 'canary', true],
    ]);
    expect(report.alarm).toBe(true);
    const [stable, shifted] = report.versions.map((version) => version.features[0]!);
    expect(stable).toMatchObject({ n: 2400, referenceN: 2000, state: 'ok' });
    expect(shifted).toMatchObject({ n: 600, state: 'drift' });
    // 300 square feet are .556 IQR (1.349 σ) and .75 σ of houses of σ = 400; of 600, give or take .1.
    expect(shifted!.wasserstein!).toBeGreaterThan(0.45);
    expect(shifted!.wasserstein!).toBeLessThan(0.66);
    expect(shifted!.wassersteinSigma!).toBeGreaterThan(0.6);
    expect(shifted!.chiSquare!.p).toBeLessThan(1e-9);
    const shares = shifted!.bins.reduce((sum, bin) => sum + bin.current, 0);
    expect(shares).toBeCloseTo(1, 9);
  });

  it('leaves out what is older than asked, and is empty before anything was counted', async () => {
    const collector = await startTestCollector({ window: 1 });
    await collector.publish('v1');
    await collector.send(batchOf('v1', houses(200), { age: 3 * 60_000 }));
    const report = async (since: string) =>
      (await (await collector.report(since)).json()) as Report;
    expect(await report('1m')).toMatchObject({ versions: [], alarm: false });
    expect((await report('5m')).versions).toHaveLength(1);
  });

  it('is refused for a bad duration, format or model', async () => {
    const collector = await startTestCollector();
    await collector.publish('v1');
    const told = async (path: string) => {
      const response = await collector.admin('GET', `apps/shop/models/${path}`);
      return [response.status, await codeOf(response)];
    };
    expect(await told(`${MODEL}/report?since=ever`)).toEqual([400, 'usage']);
    expect(await told(`${MODEL}/report?format=pdf`)).toEqual([400, 'usage']);
    expect(await told('none/report')).toEqual([404, 'not_found']);
  });

  it('as HTML is one file that loads nothing, and takes hostile names as text', async () => {
    const collector = await startTestCollector({ ...UNTRIED, dashboard: 'open' });
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
    const [area] = PROFILE.series;
    await collector.publish('v1', {
      spec: {
        ...spec('v1'),
        outputs: [{ kind: 'classification', labels: [hostile.slice(0, 100), 'b'] }],
      },
      profile: {
        ...PROFILE,
        series: [
          { ...area!, definition: { ...area!.definition, name: `input/${hostile}` } },
          {
            definition: { name: SERIES.label, kind: 'category', categories: [hostile, 'b'] },
            counts: [2, 5, 3, 5],
          },
        ],
      },
    });
    const batch = batchOf('v1', houses(150));
    const entry = batch.entries[0]!;
    const { [SERIES.input('area')]: counts, ...rest } = entry.series;
    const series = { ...rest, [`input/${hostile}`]: counts!, [SERIES.label]: [2, 75, 3, 75] };
    const sent = await collector.send({ ...batch, entries: [{ ...entry, series }] });
    expect(sent.status).toBe(202);

    const saved = await collector.admin('GET', `apps/shop/models/${MODEL}/report?format=html`);
    for (const html of [await saved.text(), await (await collector.fetch('')).text()]) {
      expect(html).toContain('&lt;script&gt;alert(1)');
      expect(html).not.toContain('<script>alert');
      expect(html).not.toContain('<img');
      expect(html).not.toMatch(/(?:src|href)="https?:/);
    }
  });
});
