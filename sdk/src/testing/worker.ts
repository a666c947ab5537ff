/** A worker that does to a supervisor what a real one may do, when it is asked to. */
import type { EngineApi, Reply } from '@siskin/worker';
import { expose } from 'comlink';

/** What `load` is asked for by name; the answer's `spec` carries what it found out. */
export type Task =
  | 'answer'
  | 'refuse'
  | 'throw'
  | 'never'
  | 'crash'
  | 'count'
  | 'cancelled'
  | 'hang';

const cancelled: string[] = [];
let asked = 0;

async function load(_call: string, task: string): Promise<Reply<unknown>> {
  if (task !== 'count') asked++;
  switch (task as Task) {
    case 'answer':
      return { ok: true, value: 'answered' };
    case 'refuse':
      return {
        ok: false,
        error: { code: 'download_failed', message: 'no', retryable: true, cause: 'a 503' },
      };
    case 'throw':
      throw new TypeError('a fault of the engine');
    case 'never':
      return new Promise(() => undefined);
    case 'crash':
      // Outside of any promise, as a fault in a runtime's callback.
      setTimeout(() => {
        throw new Error('out of memory');
      });
      return new Promise(() => undefined);
    case 'count':
      return { ok: true, value: asked };
    case 'cancelled':
      return { ok: true, value: cancelled.length };
    case 'hang':
      for (;;);
  }
}

const engine = {
  load,
  predict: async (_call: string, _model: string, input: unknown) => ({ ok: true, value: input }),
  cancel: (call: string) => cancelled.push(call),
  close: async () => ({ ok: true, value: undefined }),
};

expose(engine as unknown as EngineApi);
