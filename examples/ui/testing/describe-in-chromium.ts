import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { type BuiltApp, buildApp } from './build-app.js';
import { chromiumIsMissing } from './chromium-is-missing.js';
import type { FakeRoutes } from './fake-api.js';
import { type ServedApp, serveApp } from './serve-app.js';
import { launchChromium, type WatchedPage, type WatchedPageOptions, watchedPage } from './watched-page.js';

export interface OpenOptions extends WatchedPageOptions {
  /** The role of who is signed in from the start; nobody when left out. */
  readonly as?: string;
  /** The API, when it is not the application's own. */
  readonly routes?: FakeRoutes;
}

/** An application in a browser window of its own, over an API of its own. */
export interface OpenedApp extends WatchedPage {
  readonly app: ServedApp;
  visit(path: string): Promise<unknown>;
}

export interface ChromiumSuite {
  /** The folder of vite.config.ts. */
  readonly root: string;
  /** @param as the role of who is signed in from the start */
  readonly createApi: (as?: string) => FakeRoutes;
}

/** A suite over an application that is built once and opened in one browser, which is skipped aloud where there is none. */
export function describeInChromium(
  title: string,
  { root, createApi }: ChromiumSuite,
  suite: (open: (options?: OpenOptions) => Promise<OpenedApp>) => void,
): void {
  describe.skipIf(chromiumIsMissing())(title, () => {
    let built: BuiltApp;
    let browser: Browser;

    beforeAll(async () => {
      [built, browser] = await Promise.all([buildApp(root), launchChromium()]);
    });
    afterAll(async () => {
      await browser?.close();
      await built?.[Symbol.asyncDispose]();
    });

    suite(async ({ as, routes = createApi(as), ...look } = {}) => {
      const app = await serveApp(built.folder, routes);
      const watched = await watchedPage(browser, look);
      if (as !== undefined) await rememberSession(watched.page);
      return {
        ...watched,
        app,
        visit: (path) => watched.page.goto(app.url + path),
        async [Symbol.asyncDispose]() {
          await watched[Symbol.asyncDispose]();
          await app[Symbol.asyncDispose]();
        },
      };
    });
  });
}

/** What a browser keeps of an earlier visit beside the cookie, which the API in memory does not ask for. */
function rememberSession(page: Page): Promise<unknown> {
  return page.addInitScript(() => {
    if (localStorage.getItem('signed-in') === null) localStorage.setItem('signed-in', 'yes');
  });
}

/** Fills the login in and waits for the page behind it, or for what is wrong. */
export async function signIn(page: Page, email: string, password = 'seaworthy-demo-2026'): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.shell, [role=alert]').first().waitFor();
}
