/**
 * What devices sent and what the collector said to it, by batch id: the clients' side of the account.
 * A batch is lost if it was sealed and never acknowledged, doubled if it was taken as new twice.
 */
import { gunzipSync } from 'node:zlib';

interface Line {
  body: Uint8Array<ArrayBuffer>;
  predictions: number;
  acknowledged: number;
  takenAsNew: number;
}

interface Sent {
  id: string;
  entries: { series: Record<string, number[]> }[];
}

const PREDICTIONS = 'predictions';

export class Ledger {
  readonly #lines = new Map<string, Line>();

  /** A request left a device; the body is JSON or gzip of it. */
  sent(body: Uint8Array): string {
    const text = body[0] === 0x1f ? gunzipSync(body).toString() : Buffer.from(body).toString();
    const { id, entries } = JSON.parse(text) as Sent;
    if (!this.#lines.has(id)) {
      let predictions = 0;
      for (const { series } of entries) {
        const counts = series[PREDICTIONS] ?? [];
        for (let i = 1; i < counts.length; i += 2) predictions += counts[i]!;
      }
      this.#lines.set(id, {
        body: new Uint8Array(body),
        predictions,
        acknowledged: 0,
        takenAsNew: 0,
      });
    }
    return id;
  }

  answered(id: string, status: number, duplicate: boolean): void {
    const line = this.#lines.get(id);
    if (line === undefined || status !== 202) return;
    line.acknowledged++;
    if (!duplicate) line.takenAsNew++;
  }

  /** `fetch` that keeps this ledger. */
  readonly fetch: typeof fetch = async (input, init) => {
    const body = init?.body;
    const id = init?.method === 'POST' && body instanceof Uint8Array ? this.sent(body) : undefined;
    const response = await fetch(input, init);
    if (id !== undefined && response.status === 202) {
      const { duplicate } = (await response.clone().json()) as { duplicate: boolean };
      this.answered(id, 202, duplicate);
    }
    return response;
  };

  get batches(): number {
    return this.#lines.size;
  }

  get predictions(): number {
    return this.#sum((line) => line.predictions);
  }

  /**
   * Batches that never reached the collector's disk. A page that has closed does not see the answer to
   * its last request; so what no device saw acknowledged is sent once more, as it would be on the next
   * visit, and the collector says whether it has it.
   */
  async lost(url: string): Promise<number> {
    let lost = 0;
    for (const { acknowledged, body } of this.#lines.values()) {
      if (acknowledged > 0) continue;
      const response = await fetch(url, { method: 'POST', body });
      const { duplicate } = (await response.json()) as { duplicate?: boolean };
      if (response.status !== 202 || duplicate !== true) lost++;
    }
    return lost;
  }

  get doubled(): number {
    return this.#sum((line) => (line.takenAsNew > 1 ? 1 : 0));
  }

  #sum(of: (line: Line) => number): number {
    let sum = 0;
    for (const line of this.#lines.values()) sum += of(line);
    return sum;
  }
}
