import { describeWith, waitFor } from '@seaworthy/testkit';
import { launchChromium, watchedPage } from '@seaworthy-example/ui/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alive, type Demo, startDemo } from './demo.js';

const password = 'seaworthy-demo-2026';

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

describeWith(['mysql', 'chromium'], 'npm start, in a browser', () => {
  let demo: Demo;
  let browser: Browser;

  beforeAll(async () => {
    demo = await startDemo(['--verbose']);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.[Symbol.asyncDispose]();
  });

  it('prints addresses, logins and the password', () => {
    for (const text of [demo.kpiUrl, demo.crmUrl, 'admin@kpi.example', 'admin@crm.example', password]) {
      expect(demo.output).toContain(text);
    }
  });

  it('KPI: logs in through the gateway, checks in, and finds the progress changed after a reload', async () => {
    await using view = await watchedPage(browser);
    const { page } = view;
    await page.goto(demo.kpiUrl);
    await signIn(page, 'admin@kpi.example');
    await page.locator('.recharts-area').waitFor();
    await page.goto(`${demo.kpiUrl}/objectives`);
    await page.getByRole('link', { name: 'Answer in the time of a blink' }).click();
    const card = page.getByRole('article', { name: 'Slow queries a day' });
    const progress = card.getByRole('progressbar');
    await progress.waitFor();
    expect(await progress.getAttribute('aria-valuenow')).not.toBe('100');
    await card.getByRole('button', { name: /^Check in/ }).click();
    await page.getByLabel('New value').fill('25');
    await page.getByRole('radio', { name: '9', exact: true }).check({ force: true });
    await page.getByLabel('What happened').fill('The last index is there.');
    await page.getByRole('button', { name: 'Save check-in' }).click();
    await card.getByText('The last index is there.').waitFor();
    await page.reload();
    await card.getByText('The last index is there.').waitFor();
    expect(await progress.getAttribute('aria-valuenow')).toBe('100');
    expect(view.complaints).toEqual([]);
  });

  it('KPI: somebody registers and reads, an administrator raises them, and they create a team', async () => {
    await using newcomer = await watchedPage(browser);
    await newcomer.page.goto(`${demo.kpiUrl}/register`);
    await newcomer.page.getByLabel('Name').fill('Nadia Riser');
    await newcomer.page.getByLabel('E-mail').fill('nadia@kpi.example');
    await newcomer.page.getByLabel('Password').fill('a long password');
    await newcomer.page.getByRole('button', { name: 'Create account' }).click();
    await newcomer.page.getByRole('link', { name: 'Teams', exact: true }).click();
    await newcomer.page.getByRole('link', { name: 'Growth' }).waitFor();
    expect(await newcomer.page.getByRole('button', { name: 'New team' }).count()).toBe(0);

    await using admin = await watchedPage(browser);
    await admin.page.goto(`${demo.kpiUrl}/users?search=nadia`);
    await signIn(admin.page, 'admin@kpi.example');
    await admin.page.getByRole('button', { name: 'Role of Nadia Riser' }).click();
    await admin.page.getByRole('dialog').getByLabel('Role', { exact: true }).selectOption('manager');
    await admin.page.getByRole('button', { name: 'Save role' }).click();
    await admin.page.getByText('Nadia Riser is now manager.').waitFor();

    await newcomer.page.reload();
    await newcomer.page.getByRole('button', { name: 'New team' }).click();
    await newcomer.page.getByLabel('Name').fill('Raised');
    await newcomer.page.getByRole('button', { name: 'Create team' }).click();
    await newcomer.page.getByRole('heading', { name: 'Raised', level: 1 }).waitFor();
    expect([...newcomer.complaints, ...admin.complaints]).toEqual([]);
  });

  it('CRM: logs in, writes an invoice, sends it, books a payment, and nothing is due', async () => {
    await using view = await watchedPage(browser);
    const { page } = view;
    await page.goto(`${demo.crmUrl}/invoices/new`);
    await signIn(page, 'accountant@crm.example');
    await page.getByLabel('Client', { exact: true }).fill('acacia');
    await page.getByRole('option', { name: 'Acacia Logistics' }).click();
    await page.getByLabel('Description').fill('Route planning');
    await page.getByLabel('Quantity').fill('1.5');
    await page.getByLabel('Price (EUR)').fill('10.01');
    await page.getByRole('button', { name: 'Save draft' }).click();
    await page.getByRole('button', { name: 'Send invoice' }).click();
    await page.getByRole('button', { name: 'Record payment' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Record payment' }).click();
    await page.getByText('The invoice is paid.').waitFor();
    await page.reload();
    await page.getByText('Bank transfer').waitFor();
    expect(await page.getByRole('button', { name: 'Record payment' }).count()).toBe(0);
    const invoice = await page.evaluate(async () =>
      (await fetch(location.pathname.replace('/invoices', '/api/invoices'))).json(),
    );
    expect(invoice).toMatchObject({ invoice: { status: 'paid', dueMinor: 0, totalMinor: 1_802 } });
    expect(view.complaints).toEqual([]);
  });

  it.each([
    { width: 1280, theme: 'light' },
    { width: 390, theme: 'dark' },
  ] as const)(
    'shows both dashboards at $width px, $theme, without a complaint of axe, the console or the policy',
    async (look) => {
      for (const [url, email, chart] of [
        [demo.kpiUrl, 'viewer@kpi.example', '.recharts-area'],
        [demo.crmUrl, 'viewer@crm.example', '.recharts-bar'],
      ] as const) {
        await using view = await watchedPage(browser, look);
        await view.page.goto(url);
        await signIn(view.page, email);
        await view.page.locator(chart).first().waitFor();
        expect(await view.axe(), url).toEqual([]);
        expect(await view.overflow(), url).toBe(0);
        expect(view.complaints, url).toEqual([]);
      }
    },
  );

  it('stops on Ctrl-C, in order, and leaves no process behind', async () => {
    const started = demo.processes();
    expect(started.length).toBeGreaterThanOrEqual(6); // itself, four of ours, MariaDB
    expect(await demo.interrupt()).toBe(0);
    // The reaper of the private servers sees us end and then goes as well.
    await waitFor(() => alive(started).length === 0, {
      what: 'every process of the demonstration being gone',
    });
  });

  it('[row 81] has written nothing but lines of JSON to its logs, each with the fields that the guides name', () => {
    const lines = demo.output.split('\n').filter((line) => line.includes('{"timestamp"'));
    const parsed = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    for (const line of parsed) {
      expect(line).toMatchObject({
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: expect.stringMatching(/^(error|warn|info)$/),
        message: expect.any(String),
        environment: 'development',
      });
    }
    const requests = parsed.filter(({ message }) => message === 'Request completed');
    expect(requests.length).toBeGreaterThan(50);
    expect(new Set(parsed.map(({ service }) => service)).size).toBeGreaterThanOrEqual(4);
    // What services print beside their log would stand here without a time: nothing does.
    const logged = demo.output.split('\n').filter((line) => line.startsWith('{') || line.startsWith('['));
    expect(logged).toEqual(lines);
  });
});
