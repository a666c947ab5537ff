/** Keeps this device's manifest current: at start, on a timer, and when the collector says so. */
import {
  type Envelope,
  MANIFEST_BYTES,
  type Manifest,
  messageOf,
  SiskinError,
  type Verify,
} from '@siskin/protocol';
import type { Database } from '../database.ts';
import { lazy } from '../lazy.ts';
import { type Accepted, isNewer, open } from './accept.ts';
import { readText } from './bounded.ts';

const lists = lazy('what follows key lists', () => import('./lists.ts'));

const FACT = 'manifest';
/** A start must not hang on a slow network where there is a manifest to go on with. */
const START_TIMEOUT_MS = 4000;
/** A request that never ends would be shared by all later calls. */
const TIMEOUT_MS = 30_000;
const REFUSAL_BYTES = 10_000;

export interface SourceOptions {
  url: string;
  events: string | undefined;
  app: string;
  publicKeys: readonly string[];
  /** The least sequence that is taken. */
  minSequence?: number | undefined;
  pollMs: number;
  verify: Verify;
  database: Database;
  fetch: typeof fetch;
  now(): number;
  random(): number;
  onManifest(manifest: Manifest): void;
  onError(error: SiskinError): void;
}

export class ManifestSource {
  readonly #options: SourceOptions;
  #current: Accepted | undefined;
  /** What a next one must be newer than: the current one, while the keys that signed it count. */
  #seen: Manifest | undefined;
  #lists: readonly Envelope[] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #events: EventSource | undefined;
  #refreshing: Promise<void> | undefined;
  #closed = false;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  get manifest(): Manifest | undefined {
    return this.#current?.manifest;
  }

  /**
   * The first manifest: the collector's, or the last verified one where it cannot be had.
   * @throws SiskinError if there is neither.
   */
  async start(): Promise<Manifest> {
    await this.#restore();
    try {
      await this.refresh(this.#current === undefined ? TIMEOUT_MS : START_TIMEOUT_MS);
    } catch (error) {
      if (this.#current === undefined) throw error;
      this.#options.onError(
        SiskinError.from(error, 'manifest_unreachable', messageOf(error), true),
      );
    }
    this.#schedule();
    void this.#listen();
    return this.#current!.manifest;
  }

  /** Fetches once; concurrent calls share one request. @throws SiskinError */
  refresh(timeoutMs = TIMEOUT_MS): Promise<void> {
    this.#refreshing ??= this.#fetch(AbortSignal.timeout(timeoutMs)).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#events?.close();
  }

  async #restore(): Promise<void> {
    const { database, minSequence = 0 } = this.#options;
    const [text, kept] = await Promise.all(
      // As lists.ts keeps them.
      [FACT, 'keys'].map((fact) => database.get('facts', fact).catch(() => undefined)),
    );
    if (Array.isArray(kept)) this.#lists = kept;
    if (typeof text !== 'string') return;
    // Storage is not trusted more than the network; a key that was withdrawn must not live on.
    const opened = await this.#open(text).catch(() => undefined);
    if (opened !== undefined && opened.manifest.sequence >= minSequence) this.#take(opened);
  }

  #take(accepted: Accepted): void {
    this.#current = accepted;
    this.#seen = accepted.manifest;
  }

  /** By a pinned key itself, until this device has met a key list: then by the newest list's. */
  async #open(text: string, signal?: AbortSignal): Promise<Accepted> {
    let refused: unknown;
    if (this.#lists === undefined) {
      try {
        return await open(text, this.#options);
      } catch (error) {
        refused = error;
        if ((error as SiskinError).code !== 'manifest_signature') throw error;
      }
    }
    const { openByLists } = await lists();
    return openByLists(text, {
      ...this.#options,
      lists: this.#lists ?? [],
      refused,
      signal,
      current: this.#current?.text,
      open,
      readText,
      onLists: (later, stands) => {
        this.#lists = later;
        if (!stands) this.#seen = undefined;
      },
    });
  }

  async #fetch(signal: AbortSignal): Promise<void> {
    const { url, database, now, minSequence } = this.#options;
    let text: string;
    try {
      // "no-cache" lets the browser's own cache revalidate by ETag, without a CORS preflight.
      const response = await this.#options.fetch(url, {
        cache: 'no-cache',
        credentials: 'omit',
        signal,
      });
      if (!response.ok) throw new Error(await refusalOf(response));
      text = await readText(response, MANIFEST_BYTES);
    } catch (cause) {
      throw SiskinError.from(
        cause,
        'manifest_unreachable',
        `the manifest at ${url} could not be fetched: ${messageOf(cause)}`,
        true,
      );
    }
    const next = await this.#open(text, signal);
    if (this.#closed || !isNewer(next.manifest, this.#seen, now(), minSequence)) return;
    this.#take(next);
    // Where storage is full or forbidden this device goes on without remembering.
    await database.put('facts', text, FACT).catch(() => undefined);
    if (!this.#closed) this.#options.onManifest(next.manifest);
  }

  #refreshQuietly(): void {
    this.refresh().catch((error: unknown) => {
      if (!this.#closed)
        this.#options.onError(
          SiskinError.from(error, 'manifest_unreachable', messageOf(error), true),
        );
    });
  }

  #schedule(): void {
    if (this.#closed) return;
    // ±10 %, so that devices that started together do not stay together.
    const delay = this.#options.pollMs * (0.9 + 0.2 * this.#options.random());
    this.#timer = setTimeout(() => {
      this.#refreshQuietly();
      void this.#listen();
      this.#schedule();
    }, delay);
    // In Node a simulated device must not keep the process alive.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** What events claim is never taken for true: they are a reason to look. */
  async #listen(): Promise<void> {
    const { events } = this.#options;
    if (events === undefined || typeof EventSource === 'undefined') return;
    // Where it cannot be had the timer is enough, and tries again.
    const push = await import('./push.ts').catch(() => undefined);
    // Dropped connections come back by themselves; after an answer such as 502 they do not.
    if (this.#closed || (this.#events?.readyState ?? 2) !== 2 || push === undefined) return;
    this.#events = push.listen(events, (sequence) => {
      if (sequence > (this.manifest?.sequence ?? 0)) this.#refreshQuietly();
    });
  }
}

/** What the collector says of it, where it is the collector that speaks. */
async function refusalOf(response: Response): Promise<string> {
  const message = await readText(response, REFUSAL_BYTES)
    .then((text): unknown => JSON.parse(text).error.message)
    .catch(() => undefined);
  const status = `it answered ${response.status}`;
  return typeof message === 'string' ? `${status}, ${message.slice(0, 200)}` : status;
}
