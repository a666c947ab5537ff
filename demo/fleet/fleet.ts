/** A small fleet of simulated devices that use both models as people would. */
import type { EngineEvent } from '@siskin/worker';
import { type Digit, imageOf, readDigits, splitDigits } from '../data/digits.ts';
import { type House, readHouses, splitHouses } from '../data/houses.ts';
import { randomFrom } from '../data/random.ts';
import { Device, type DeviceConfig } from './device.ts';

/** `known`: houses built before 1990, as in training. `new`: houses built since, which are larger. */
export type Market = 'known' | 'new';

export interface Tally {
  predictions: number;
  failed: number;
  /** Predictions by model, version and arm: `house v1 champion`. */
  served: Map<string, number>;
  /** Ids of the batches that were sealed, and of those the collector acknowledged. */
  sealed: Set<string>;
  sent: Set<string>;
}

export class Fleet {
  readonly tally: Tally = {
    predictions: 0,
    failed: 0,
    served: new Map(),
    sealed: new Set(),
    sent: new Set(),
  };
  market: Market = 'known';
  readonly #devices: Device[] = [];
  readonly #houses: Record<Market, House[]>;
  readonly #digits: Digit[];
  readonly #random: () => number;
  #running: Promise<void>[] = [];
  #stopped = false;

  private constructor(seed: number) {
    const { training, heldOut, since } = splitHouses(readHouses());
    this.#houses = { known: [...training, ...heldOut], new: since };
    this.#digits = splitDigits(readDigits()).heldOut;
    this.#random = randomFrom(seed);
  }

  static async start(
    size: number,
    config: DeviceConfig,
    network: typeof fetch = fetch,
    seed = 1,
  ): Promise<Fleet> {
    const fleet = new Fleet(seed);
    const onEvent = (event: EngineEvent) => {
      if (event.type !== 'batch') return;
      if (event.state === 'sealed') fleet.tally.sealed.add(event.id);
      if (event.state === 'sent') fleet.tally.sent.add(event.id);
    };
    for (let i = 0; i < size; i++) {
      const device = await Device.start(`device-${i}`, config, network, onEvent);
      await device.load('house');
      await device.load('digits');
      fleet.#devices.push(device);
    }
    return fleet;
  }

  get size(): number {
    return this.#devices.length;
  }

  /** Every device asks once for a house and once for a digit. */
  async round(): Promise<void> {
    await Promise.all(this.#devices.map((device) => this.#use(device)));
  }

  /** Rounds at a pace, until {@link stop}. */
  run(intervalMs: number): void {
    const loop = async (device: Device) => {
      while (!this.#stopped) {
        await this.#use(device);
        const { promise, resolve } = Promise.withResolvers<void>();
        setTimeout(resolve, intervalMs * (0.5 + this.#random()));
        await promise;
      }
    };
    this.#running = this.#devices.map(loop);
  }

  /** Sends what waits. @returns batches that still wait. */
  async flush(): Promise<number> {
    const waiting = await Promise.all(this.#devices.map((device) => device.flush()));
    return waiting.reduce((a, b) => a + b, 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    await Promise.all(this.#devices.map((device) => device.close()));
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  async #use(device: Device): Promise<void> {
    const house = this.#pick(this.#houses[this.market]);
    const priced = await this.#count(() => device.predict('house', house.inputs));
    if (priced !== undefined && this.#random() < 0.3) await device.outcome(priced.id, house.price);
    const digit = this.#pick(this.#digits);
    const read = await this.#count(() => device.predict('digits', imageOf(digit)));
    if (read === undefined || this.#random() > 0.5) return;
    const truth = String(digit.label);
    if (read.label === truth) await device.feedback(read.id, 'accept');
    else await device.feedback(read.id, 'override', truth);
  }

  async #count(predict: () => ReturnType<Device['predict']>) {
    this.tally.predictions++;
    try {
      const answer = await predict();
      const key = `${answer.model} ${answer.version} ${answer.arm}`;
      this.tally.served.set(key, (this.tally.served.get(key) ?? 0) + 1);
      return answer;
    } catch {
      this.tally.failed++;
      return undefined;
    }
  }
}
