import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { chromiumPath } from './chromium-is-missing.js';

/** Starts Debian's Chromium, or the one that CHROMIUM_PATH names. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** For `expect.poll` and whatever waits for a page: a busy machine draws late. */
export const drawn = { timeout: 30_000 } as const;

export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  /** Console errors, uncaught exceptions and violations of the policy, in the order in which they came. */
  readonly complaints: string[];
  /** What axe finds wrong with the page as it stands, one line a rule with the first element. */
  axe(): Promise<string[]>;
  /** How many pixels the page is wider than the window. */
  overflow(): Promise<number>;
  /**
   * What axe and the width complain about, at 1280 px in the light theme and at 390 px in the dark one. It begins with the look
   * that the page has and ends with the other one.
   */
  faultsInBothLooks(): Promise<string[]>;
}

interface Look {
  readonly width: number;
  readonly theme: 'light' | 'dark';
}

const looks: readonly Look[] = [
  { width: 1280, theme: 'light' },
  { width: 390, theme: 'dark' },
];

export interface WatchedPageOptions {
  /** @defaultValue 1280 */
  readonly width?: number;
  /** @defaultValue 'light' */
  readonly theme?: 'light' | 'dark';
  /** Takes a certificate of an authority that only the test knows. @defaultValue false */
  readonly ignoreHTTPSErrors?: boolean;
}

const height = 900;

/** Opens a page that remembers everything the browser complained about. */
export async function watchedPage(browser: Browser, options: WatchedPageOptions = {}): Promise<WatchedPage> {
  const { width = 1280, theme = 'light', ignoreHTTPSErrors = false } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ignoreHTTPSErrors,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(drawn.timeout);
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.exposeFunction('reportViolation', (text: string) => complaints.push(text));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report: unknown = Reflect.get(window, 'reportViolation');
      if (typeof report === 'function') report(`CSP ${event.violatedDirective}: ${event.blockedURI}`);
    });
  });
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return {
    page,
    complaints,
    axe: () => runAxe(page),
    overflow,
    async faultsInBothLooks() {
      const faults: string[] = [];
      const shown = page.viewportSize()?.width;
      for (const look of looks.toSorted((a, b) => Number(b.width === shown) - Number(a.width === shown))) {
        await page.setViewportSize({ width: look.width, height });
        await page.emulateMedia({ colorScheme: look.theme });
        let pixels = await overflow();
        // A chart follows the width of its place a moment later.
        for (let waited = 0; pixels !== 0 && waited < 5_000; waited += 100) {
          await page.waitForTimeout(100);
          pixels = await overflow();
        }
        const found = [...(await runAxe(page)), ...(pixels === 0 ? [] : [`${pixels} px too wide`])];
        faults.push(...found.map((fault) => `${look.width} px, ${look.theme}: ${fault}`));
      }
      return faults;
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

async function runAxe(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) {
    const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    // Evaluated through the debugger, which the page's policy does not govern.
    await page.evaluate(source);
  }
  const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"], preload: false })');
  return (found as AxeResults).violations.map(
    ({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`,
  );
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}
