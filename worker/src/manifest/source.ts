/** Keeps this device's manifest current: at start, on a timer, and when the collector says so. */
import { type Manifest, messageOf, SiskinError, type Verify } from '@siskin/protocol';
import type { Database } from '../database.ts';
import { type Accepted, isNewer, open } from './accept.ts';

const FACT = 'manifest';
/** A start must not hang on a slow network where there is a manifest to go on with. */
const START_TIMEOUT_MS = 4000;
/** A request that never ends would be shared by all later calls. */
const TIMEOUT_MS = 30_000;

export interface SourceOptions {
  url: string;
  events: string | undefined;
  app: string;
  publicKeys: readonly string[];
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
    this.#listen();
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
    const { database, app, publicKeys, verify } = this.#options;
    const text = await database.get('facts', FACT).catch(() => undefined);
    if (typeof text !== 'string') return;
    // Storage is not trusted more than the network; a key that was withdrawn must not live on.
    this.#current = await open(text, { app, publicKeys, verify }).catch(() => undefined);
  }

  async #fetch(signal: AbortSignal): Promise<void> {
    const { url, app, publicKeys, verify, database, now } = this.#options;
    let text: string;
    try {
      // "no-cache" lets the browser's own cache revalidate by ETag, without a CORS preflight.
      const response = await this.#options.fetch(url, {
        cache: 'no-cache',
        credentials: 'omit',
        signal,
      });
      if (!response.ok) throw new Error(await refusalOf(response));
      text = await response.text();
    } catch (cause) {
      throw new SiskinError(
        'manifest_unreachable',
        `the manifest at ${url} could not be fetched: ${messageOf(cause)}`,
        { cause, retryable: true },
      );
    }
    const next = await open(text, { app, publicKeys, verify });
    if (this.#closed || !isNewer(next.manifest, this.#current?.manifest, now())) return;
    this.#current = next;
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
      this.#listen();
      this.#schedule();
    }, delay);
    // In Node a simulated device must not keep the process alive.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Server-sent events only say "fetch again": what they claim is never taken for true. */
  #listen(): void {
    const { events } = this.#options;
    if (this.#closed || events === undefined || typeof EventSource === 'undefined') return;
    // Dropped connections come back by themselves; after an answer such as 502 they do not.
    if (this.#events !== undefined && this.#events.readyState !== EventSource.CLOSED) return;
    this.#events = new EventSource(events);
    this.#events.addEventListener('manifest', (event) => {
      const sequence = sequenceOf((event as MessageEvent<unknown>).data);
      if (sequence > (this.manifest?.sequence ?? 0)) this.#refreshQuietly();
    });
  }
}

/** A message that is not understood (a proxy's, a later version's) is a reason to look, too. */
function sequenceOf(data: unknown): number {
  try {
    const { sequence } = JSON.parse(String(data)) as { sequence?: unknown };
    return typeof sequence === 'number' ? sequence : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** What the collector says of it, where it is the collector that speaks. */
async function refusalOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const message = (body as { error?: { message?: unknown } } | undefined)?.error?.message;
  const status = `it answered ${response.status}`;
  return typeof message === 'string' ? `${status}, ${message.slice(0, 200)}` : status;
}
