/** Calls from the page that can be given up, by the ids it gave them. */
import { messageOf, SiskinError } from '@siskin/protocol';
import type { Reply } from './api.ts';
import { reply } from './replies.ts';

export class Calls {
  readonly #running = new Map<string, AbortController>();

  /** @returns the reply; `aborted`, whatever came of it, if it failed after it was given up. */
  async run<T>(call: string, work: (signal: AbortSignal) => Promise<T>): Promise<Reply<T>> {
    const controller = new AbortController();
    this.#running.set(call, controller);
    const answer = await reply(() => work(controller.signal), 'internal');
    this.#running.delete(call);
    if (answer.ok || !controller.signal.aborted) return answer;
    const { reason } = controller.signal;
    return { ok: false, error: SiskinError.from(reason, 'aborted', messageOf(reason)).toData() };
  }

  cancel(call: string): void {
    this.#running.get(call)?.abort(new SiskinError('aborted', 'the call was aborted'));
  }

  cancelAll(): void {
    for (const call of this.#running.keys()) this.cancel(call);
  }
}
