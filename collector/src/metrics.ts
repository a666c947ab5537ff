/** What the collector counts of itself, for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  batches: Counter<'result'>;
  batchBytes: Histogram;
  commitSeconds: Histogram;
  commitBatches: Histogram;
  manifestSequence: Gauge<'app'>;
}

/** @param eventStreams how many are open now. */
export function createMetrics(eventStreams: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'siskin_event_streams',
    help: 'Open streams of devices that wait for a new manifest.',
    registers,
    collect() {
      this.set(eventStreams());
    },
  });
  return {
    registry,
    batches: new Counter({
      name: 'siskin_batches_total',
      help: 'Batches by result: accepted, duplicate, or the code of the error.',
      labelNames: ['result'],
      registers,
    }),
    batchBytes: new Histogram({
      name: 'siskin_batch_bytes',
      help: 'Size of batches on the wire.',
      buckets: [256, 1024, 4096, 16_384, 65_536, 262_144],
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'siskin_commit_seconds',
      help: 'Time of one durable commit of a group of batches.',
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
      registers,
    }),
    commitBatches: new Histogram({
      name: 'siskin_commit_batches',
      help: 'Batches in one commit.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers,
    }),
    manifestSequence: new Gauge({
      name: 'siskin_manifest_sequence',
      help: 'Sequence of the manifest that an app’s devices are given.',
      labelNames: ['app'],
      registers,
    }),
  };
}
