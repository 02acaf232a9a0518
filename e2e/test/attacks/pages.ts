import { describeWith } from '@seaworthy/testkit';
import { launchChromium, signIn, type WatchedPage, watchedPage } from '@seaworthy-example/ui/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Marked, type Poisoned, poison, poisonCrm, poisonKpi, ran } from './poison.js';
import type { RunningApplications } from './running-applications.js';
import type { TlsProxy } from './tls-proxy.js';

/** What the guide asks for, to the letter. */
const guidePolicy = "default-src 'self'";

/** What a browser makes of the pages of both applications, over TLS. */
export function pages(applications: () => RunningApplications, proxy: () => TlsProxy): void {
  describeWith(['chromium'], 'the pages in Chromium', () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await launchChromium();
    });
    afterAll(() => browser?.close());

    const open = (): Promise<WatchedPage> => watchedPage(browser, { ignoreHTTPSErrors: true });

    const header = async (url: string): Promise<string | null> =>
      (await fetch(url)).headers.get('content-security-policy');

    it('[row 19] run under the policy of the guide without a violation, and the API sends exactly that one', async () => {
      const { kpi, crm } = applications();
      for (const path of ['/api/me', '/api/nothing', '/favicon.svg', '/health']) {
        expect(await header(crm.url + path), path).toBe(guidePolicy);
      }
      expect(await header(`${kpi.url}/api/me`)).toBe(
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      );
      const targets = [
        [proxy().kpi, 'kpi.example', '.recharts-area', ['/objectives', '/teams', '/users']],
        [proxy().crm, 'crm.example', '.recharts-bar', ['/clients', '/invoices', '/invoices/new', '/users']],
      ] as const;
      const visit = async ([url, domain, chart, paths]: (typeof targets)[number]): Promise<void> => {
        await using view = await open();
        const { page } = view;
        const policies = new Set<string | undefined>();
        await page.route('**/*', async (route) => {
          if (route.request().resourceType() !== 'document') return route.continue();
          const response = await route.fetch();
          policies.add(response.headers()['content-security-policy']);
          const headers = { ...response.headers(), 'content-security-policy': guidePolicy };
          return route.fulfill({ response, headers });
        });
        await page.goto(url);
        await signIn(page, `admin@${domain}`);
        await page.locator(chart).first().waitFor();
        for (const path of paths) {
          await page.goto(url + path);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.waitForLoadState('networkidle');
        }
        expect(view.complaints, url).toEqual([]);
        // Their own is this one or stricter.
        expect([...policies].map((policy) => policy?.startsWith(guidePolicy))).toEqual([true]);
      };
      // Side by side: each waits for its network to be idle.
      await Promise.all(targets.map(visit));
    });

    it('[row 37] show markup that is stored in any text field as text, run none of it, and report no violation', async () => {
      const { kpi, crm } = applications();
      const check = async (url: string, email: string, stored: Poisoned): Promise<void> => {
        await using view = await open();
        await view.page.goto(url);
        await signIn(view.page, email);
        for (const { path, shows } of stored.pages) await seen(view, url + path, shows);
        expect(stored.pages.flatMap(({ shows }) => shows).map(({ field }) => field)).toEqual(
          expect.arrayContaining([...stored.fields]),
        );
        expect(view.complaints, url).toEqual([]);
      };
      await Promise.all([
        poisonKpi(kpi).then((stored) => check(proxy().kpi, 'admin@kpi.example', stored)),
        poisonCrm(crm).then((stored) => check(proxy().crm, 'admin@crm.example', stored)),
      ]);
    });

    it('would run it in a page that trusts what was typed', async () => {
      for (const { text } of [poison('long', 2_000), poison('phone', 40), poison('unit', 20)]) {
        await using view = await open();
        await view.page.setContent(`<p>${text}</p>`);
        await expect.poll(() => ran(view.page), { message: text }).toBe(true);
      }
    });
  });
}

/** Opens a page and waits until it shows all of these as text. */
async function seen(view: WatchedPage, address: string, shows: readonly Marked[]): Promise<void> {
  await view.page.goto(address);
  for (const { text } of shows) {
    await view.page.getByText(text).first().waitFor({ state: 'attached' });
  }
  await view.page.waitForLoadState('networkidle');
  expect(await ran(view.page), address).toBe(false);
}
