/** A person on the demo page, in a real Chromium: what they do, and what they see. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright';
import { until } from './until.ts';

/** A device writes down what it counts once a second; a tab that is gone sooner may lose that second. */
const WRITTEN_MS = 1500;
const CARDS = ['house', 'digits'] as const;

/** What a page did, as it was seen from before the screen. */
export interface Seen {
  answers: number;
  /** Questions that newer ones replaced on their way: they may have been answered unseen. */
  givenUp: number;
}

export class Visitor {
  page: Page;
  readonly #context: BrowserContext;
  readonly #url: string;
  readonly errors: string[] = [];
  /** When the last answer came. */
  #last = Date.now();

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context;
    this.#url = url;
    this.page = page;
    this.#watch(page);
  }

  #watch(page: Page): void {
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  /** Opens the page as someone who has never been there. */
  static async open(browser: Browser, url: string): Promise<Visitor> {
    const context = await browser.newContext();
    const page = await context.newPage();
    const visitor = new Visitor(context, page, url);
    await page.goto(url);
    return visitor;
  }

  card(name: 'house' | 'digits'): Locator {
    return this.page.getByTestId(name);
  }

  /** Waits until a model is there and has answered. @returns the backend it runs on. */
  async ready(name: 'house' | 'digits'): Promise<string> {
    await this.card(name)
      .and(this.page.locator('[data-state="ready"]'))
      .waitFor({ timeout: 60_000 });
    return (await this.card(name).getByTestId('backend').first().textContent()) ?? '';
  }

  async answers(name: 'house' | 'digits'): Promise<number> {
    return Number((await this.card(name).getAttribute('data-answers')) ?? 0);
  }

  /** Does something to a card and waits for its next answer. @returns the version that gave it. */
  async ask(name: 'house' | 'digits', act: () => Promise<void>): Promise<string> {
    const before = await this.answers(name);
    await act();
    await this.page.waitForFunction(
      ([testId, count]) =>
        Number(
          document.querySelector<HTMLElement>(`[data-testid="${testId}"]`)?.dataset.answers ?? 0,
        ) > count,
      [name, before] as const,
      { timeout: 30_000 },
    );
    this.#last = Date.now();
    return (await this.card(name).getByTestId('version').first().textContent()) ?? '';
  }

  sampleDigit(digit: number): Promise<string> {
    return this.ask('digits', () =>
      this.page.getByRole('button', { name: `Sample digit ${digit}` }).click(),
    );
  }

  priceHouse(livingArea: number): Promise<string> {
    return this.ask('house', () =>
      this.page
        .getByTestId('house-form')
        .getByLabel(/living area/i)
        .fill(String(livingArea)),
    );
  }

  /** Waits until a model is ready, or has failed on this backend. */
  async state(name: 'house' | 'digits'): Promise<string | null> {
    return this.page
      .locator(`[data-testid="${name}"]:is([data-state="ready"],[data-state="failed"])`)
      .getAttribute('data-state', { timeout: 60_000 });
  }

  /**
   * Closes the page as a tab is closed, comes back once, and leaves for good. What the closing page
   * could not send waits in this browser; the second visit sends it.
   * @returns what both visits did.
   */
  async leave(): Promise<Seen> {
    const first = await this.#seen();
    await until('the last answer is written down', 5, () => Date.now() > this.#last + WRITTEN_MS);
    await this.page.close({ runBeforeUnload: false });
    this.page = await this.#context.newPage();
    this.#watch(this.page);
    await this.page.goto(this.#url);
    for (const card of CARDS) await this.state(card);
    // The house is priced as soon as its model is there.
    if ((await this.state('house')) === 'ready') {
      await until('the house is priced', 30, async () => (await this.answers('house')) > 0);
    }
    await until('nothing waits', 30, async () => {
      await this.page.getByTestId('send-now').click();
      return (await this.page.getByTestId('sent-counts').textContent()) === 'Nothing waits.';
    });
    const second = await this.#seen();
    await this.page.close();
    await this.#context.close();
    return {
      answers: first.answers + second.answers,
      givenUp: first.givenUp + second.givenUp,
    };
  }

  async #seen(): Promise<Seen> {
    const seen: Seen = { answers: 0, givenUp: 0 };
    for (const card of CARDS) {
      seen.answers += await this.answers(card);
      seen.givenUp += Number((await this.card(card).getAttribute('data-given-up')) ?? 0);
    }
    return seen;
  }
}
