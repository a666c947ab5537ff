/** A person on the demo page, in a real Chromium: what they do, and what they see. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright';

export class Visitor {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly errors: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  /** Opens the page as someone who has never been there. */
  static async open(browser: Browser, url: string): Promise<Visitor> {
    const context = await browser.newContext();
    const page = await context.newPage();
    const visitor = new Visitor(context, page);
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

  async flush(): Promise<void> {
    await this.page.getByTestId('send-now').click();
  }

  /** The page closes while the browser lives on, as when a tab is closed. */
  async leave(): Promise<void> {
    await this.page.close({ runBeforeUnload: false });
    await this.#context.close();
  }
}
