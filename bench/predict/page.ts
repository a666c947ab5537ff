/** Times `predict()` against the bare limit and against itself without telemetry, taking turns. */
import { createSiskin, type PageInput, type SiskinOptions } from '@siskin/sdk';
import { wrap } from 'comlink';
import type { Bare } from './bare.worker.ts';

export interface Task {
  model: string;
  /** The input as a page has it, and as the graph takes it. */
  input: PageInput;
  tensors: Parameters<Bare['run']>[0];
  onnx: string;
}
export interface Measured {
  bare: number[];
  on: number[];
  off: number[];
}

const WARM = 40;

async function timed(call: () => Promise<unknown>, times: number[]): Promise<void> {
  const start = performance.now();
  await call();
  times.push(performance.now() - start);
}

async function measure(options: SiskinOptions, task: Task, calls: number): Promise<Measured> {
  const worker = new Worker(new URL('./bare.worker.ts', import.meta.url), { type: 'module' });
  const bare = wrap<Bare>(worker);
  await bare.load(await (await fetch(task.onnx)).arrayBuffer());
  const on = createSiskin({ ...options, consent: true, backends: ['wasm'] });
  const off = createSiskin({ ...options, consent: false, backends: ['wasm'] });
  const modelOn = await on.model(task.model);
  const modelOff = await off.model(task.model);
  const result: Measured = { bare: [], on: [], off: [] };
  const turns = [
    () => timed(() => bare.run(task.tensors), result.bare),
    () => timed(() => modelOn.predict(task.input), result.on),
    () => timed(() => modelOff.predict(task.input), result.off),
  ];
  for (let i = 0; i < WARM; i++) for (const turn of turns) await turn();
  for (const times of Object.values(result) as number[][]) times.length = 0;
  // Taking turns call by call: whatever else the machine does falls on all three alike. In a new
  // order each time, because who comes after whom matters to caches.
  for (let i = 0; i < calls; i++) {
    const order = turns.map((turn) => ({ turn, at: Math.random() })).sort((a, b) => a.at - b.at);
    for (const { turn } of order) await turn();
  }
  await on.close();
  await off.close();
  worker.terminate();
  return result;
}

/** An image's bytes cross from the driver as a plain array. */
function reviveInput(input: PageInput): PageInput {
  const image = input as { width?: number; height?: number; data?: number[] };
  if (!Array.isArray(image.data)) return input;
  return { width: image.width!, height: image.height!, data: Uint8ClampedArray.from(image.data) };
}

/** Numbers cross from the driver as plain arrays. */
function revive(tensors: Task['tensors']): Task['tensors'] {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { type, data, dims }]) => {
      const values = data as number[];
      const typed =
        type === 'int64' ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
      return [name, { type, data: typed, dims }];
    }),
  );
}

Object.assign(window, {
  measure(options: SiskinOptions, task: Task, calls: number) {
    const tensors = revive(task.tensors);
    return measure(
      options,
      { ...task, tensors, input: reviveInput(task.input ?? (tensors as PageInput)) },
      calls,
    );
  },
});
