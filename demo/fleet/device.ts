/**
 * A simulated device: the real worker code with a storage of its own, in Node. What a browser would
 * bring (IndexedDB) is brought by fake-indexeddb; everything else is what runs in a tab.
 */
import 'fake-indexeddb/auto';
import { SiskinError } from '@siskin/protocol';
import type {
  EngineConfig,
  EngineEvent,
  Input,
  ModelInfo,
  PredictionData,
  Reply,
} from '@siskin/worker';
import { Engine } from '@siskin/worker/engine';

export type DeviceConfig = Pick<EngineConfig, 'app' | 'key' | 'collector' | 'publicKeys'> &
  Partial<EngineConfig>;

function value<T>(reply: Reply<T>): T {
  if (!reply.ok) throw SiskinError.fromData(reply.error);
  return reply.value;
}

export class Device {
  readonly #engine: Engine;
  #calls = 0;

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** @param network the device's `fetch`. */
  static async start(
    name: string,
    config: DeviceConfig,
    network: typeof fetch,
    onEvent: (event: EngineEvent) => void,
  ): Promise<Device> {
    const device = new Device(new Engine({ fetch: network }));
    value(
      await device.#engine.start(
        {
          backends: ['wasm', 'cpu'],
          allowSoftwareGpu: false,
          consent: true,
          windowMs: 5000,
          pollMs: 1000,
          storage: `${config.app}-${name}`,
          ...config,
        },
        onEvent,
      ),
    );
    return device;
  }

  async load(model: string): Promise<ModelInfo> {
    return value(await this.#engine.load(String(this.#calls++), model));
  }

  async predict(model: string, input: Input): Promise<PredictionData> {
    return value(await this.#engine.predict(String(this.#calls++), model, input));
  }

  async feedback(...args: Parameters<Engine['feedback']>): Promise<void> {
    value(await this.#engine.feedback(...args));
  }

  async outcome(...args: Parameters<Engine['outcome']>): Promise<void> {
    value(await this.#engine.outcome(...args));
  }

  /** @returns batches that still wait. */
  async flush(): Promise<number> {
    return value(await this.#engine.flush(false)).waiting;
  }

  async close(): Promise<void> {
    value(await this.#engine.close());
  }
}
