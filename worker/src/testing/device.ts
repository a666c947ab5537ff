/**
 * A device and its collector, with model "m" whose versions are functions: a test decides when and
 * what each answers, and whether there is a network. All else is real.
 */
import {
  type Arm,
  type Backend,
  type ManifestModel,
  type ManifestVersion,
  SERIES,
  SiskinError,
  UNIT_EVENTS,
} from '@siskin/protocol';
import { expect } from 'vitest';
import type { EngineConfig, EngineEvent, PredictionData, Reply } from '../api.ts';
import { Engine } from '../engine.ts';
import type { Choice, Session } from '../runtimes/runtime.ts';
import { VERSION_OF_M } from './live.ts';
import { countsOf } from './telemetry.ts';
import { TinyCollector } from './tiny-collector.ts';

/** Probability of "yes" for the number `a`. */
export type Graph = (a: number) => number | Promise<number>;

export function value<T>(reply: Reply<T>): T {
  if (!reply.ok) throw SiskinError.fromData(reply.error);
  return reply.value;
}

/** Looks again until it holds; how long that takes is the machine's affair. */
export const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 30_000 });

export interface Visit {
  engine: Engine;
  events: EngineEvent[];
  ask(a?: number): Promise<PredictionData>;
}

export class TestDevice {
  readonly collector: TinyCollector;
  readonly versions: Record<string, ManifestVersion> = {};
  /** Sessions in the order in which they were made and freed, by version. */
  readonly created: string[] = [];
  readonly freed: string[] = [];
  readonly graphs = new Map<string, Graph>();
  isOnline = true;
  /** Most wanted first. */
  backends: Backend[] = ['wasm'];
  /** Versions whose files no runtime can read. */
  readonly broken = new Set<string>();
  readonly storage = crypto.randomUUID();
  readonly #visits: Visit[] = [];
  #calls = 0;

  private constructor(collector: TinyCollector) {
    this.collector = collector;
  }

  static async create(): Promise<TestDevice> {
    return new TestDevice(await TinyCollector.start());
  }

  async end(): Promise<void> {
    for (const { engine } of this.#visits) await engine.close();
    await this.collector.down();
    indexedDB.deleteDatabase(`siskin-${this.storage}`);
  }

  /** @param golden what its self-test expects for a = 1; undefined: it has none. */
  add(version: string, graph: Graph, golden?: number): void {
    this.graphs.set(version, graph);
    const [file] = VERSION_OF_M.spec.files;
    const tensor = (data: number[], dims: number[]) => ({ type: 'float32', dims, data });
    const selfTest = {
      v: 1,
      cases: [
        {
          inputs: { x: tensor([1], [1, 1]) },
          outputs: { y: tensor([1 - (golden ?? 0), golden ?? 0], [1, 2]) },
        },
      ],
      tolerance: { default: { absolute: 1e-3, relative: 1e-3 } },
    };
    const encode = (text: string) => new TextEncoder().encode(text);
    this.versions[version] = {
      ...VERSION_OF_M,
      spec: { ...VERSION_OF_M.spec, version },
      files: [this.collector.add(file!, encode(version))],
      ...(golden === undefined
        ? {}
        : { selfTest: this.collector.add('selftest.json', encode(JSON.stringify(selfTest))) }),
    };
  }

  /** A manifest with all versions. */
  async publish(model: Partial<ManifestModel> = {}): Promise<void> {
    const m: ManifestModel = { champion: 'v1', versions: this.versions, ...model };
    await this.collector.publish({ m });
  }

  async visit(config: Partial<EngineConfig> = {}): Promise<Visit> {
    const engine = new Engine({
      fetch: (...args) =>
        this.isOnline ? fetch(...args) : Promise.reject(new TypeError('there is no network')),
      choose: async () => this.#choice(),
    });
    const events: EngineEvent[] = [];
    const ask = async (a = 1) => value(await engine.predict(this.#call(), 'm', { a }));
    const visit: Visit = { engine, events, ask };
    this.#visits.push(visit);
    const started = await engine.start(
      {
        app: 'shop',
        key: 'write-key',
        collector: this.collector.url,
        publicKeys: [this.collector.signer.publicKey],
        backends: ['wasm'],
        allowSoftwareGpu: false,
        consent: true,
        storage: this.storage,
        windowMs: 3_600_000,
        pollMs: 10,
        ...config,
      },
      (event) => events.push(event),
    );
    value(started);
    return visit;
  }

  /** A visit with the model loaded. */
  async open(config: Partial<EngineConfig> = {}): Promise<Visit> {
    const visit = await this.visit(config);
    value(await visit.engine.load(this.#call(), 'm'));
    return visit;
  }

  /** Times that files of a version were asked for. */
  downloads(version: string): number {
    const { sha256 } = this.versions[version]!.files[0]!;
    return this.collector.requests.filter((path) => path.includes(sha256)).length;
  }

  /** All that has arrived, by bin. */
  counts(series: string, arm: Arm): Record<number, number> {
    const batches = this.collector.received.map(({ batch }) => ({
      entries: batch.entries.filter((entry) => entry.arm === arm),
    }));
    return countsOf(batches, series);
  }

  /** What the device has told of itself. */
  units(arm: Arm): Record<string, number> {
    const counts = Object.entries(this.counts(SERIES.unit, arm));
    return Object.fromEntries(counts.map(([bin, n]) => [UNIT_EVENTS[Number(bin) - 2], n]));
  }

  #call(): string {
    return String(this.#calls++);
  }

  #choice(): Choice {
    const create =
      (backend: Backend) =>
      async ({ version }: { version: string }): Promise<Session> => {
        if (this.broken.has(version)) throw new SiskinError('model_corrupt', 'cannot be read');
        this.created.push(version);
        return {
          backend,
          inputs: [{ name: 'x', type: 'float32', shape: [1, 1] }],
          outputs: ['y'],
          run: async ({ x }) => {
            const yes = await this.graphs.get(version)!(Number(x!.data[0]));
            return { y: { type: 'float32', dims: [1, 2], data: Float32Array.of(1 - yes, yes) } };
          },
          dispose: async () => void this.freed.push(version),
        };
      };
    const candidates = this.backends.map((backend) => ({
      backend,
      import: async () => ({ backend, create: create(backend) }),
    }));
    return { candidates };
  }
}
