import { join } from 'node:path';
import {
  describeInChromium,
  drawn,
  type FakeRoutes,
  poisoned,
  problem,
  signIn,
  usersPage,
} from '@seaworthy-example/ui/testing';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createFakeApi } from './fake-api.js';

const root = join(import.meta.dirname, '..');

describeInChromium(
  'Headway in Chromium under default-src self',
  { root, createApi: createFakeApi },
  (open) => {
    it('shows every page at 1280 px, light, and at 390 px, dark, without a complaint of axe, the console or the policy', async () => {
      await using view = await open();
      const { page } = view;
      const check = async (name: string) => {
        expect(await view.faultsInBothLooks(), name).toEqual([]);
      };
      await view.visit('/register');
      await page.getByRole('button', { name: 'Create account' }).click();
      await check('register, with what is wrong');
      await view.visit('/');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await check('login, with what is wrong');
      await signIn(page, 'admin@kpi.example');
      await page.locator('.recharts-area').waitFor();
      await page.getByText('Show the numbers').click();
      await check('dashboard');
      await view.visit('/objectives');
      await page.getByRole('row').nth(1).waitFor();
      await check('objectives');
      await page.getByRole('button', { name: 'New objective' }).click();
      await page.getByRole('button', { name: 'Create objective' }).click();
      await check('new objective, with what is wrong');
      await view.visit('/objectives/o1');
      await page
        .getByRole('button', { name: /^Check in/ })
        .first()
        .click();
      await page.getByRole('button', { name: 'Save check-in' }).click();
      await check('check-in, with what is wrong');
      await page.keyboard.press('Escape');
      await page.getByText('3 earlier check-ins').first().click();
      await check('objective');
      await page.getByRole('button', { name: 'Add key result' }).click();
      await check('new key result');
      await view.visit('/teams');
      await page.getByRole('link', { name: 'Growth' }).waitFor();
      await check('teams');
      await view.visit('/teams/t1');
      await page.getByRole('button', { name: 'Remove Mina Sato' }).click();
      await check('team, asking before a member is removed');
      await view.visit('/users');
      await page.getByRole('row').nth(1).waitFor();
      await check('users');
      await page.getByRole('button', { name: 'Role of Viktor Lindqvist' }).click();
      await check('a role');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Deactivate Viktor Lindqvist' }).click();
      await check('users, asking before somebody is deactivated');
      await view.visit('/nowhere');
      await page.getByRole('heading', { name: 'Page not found' }).waitFor();
      await check('not found');
      expect(view.complaints).toEqual([]);
    }, 120_000);

    it('moves progress with a check-in, and the new progress is still there after a reload', async () => {
      await using view = await open();
      const { page } = view;
      await view.visit('/objectives/o1'); // before login: the page that was asked for comes after it
      await signIn(page, 'member@kpi.example');
      const card = page.getByRole('article', { name: 'Trials that become customers' });
      const progress = card.getByRole('progressbar');
      await progress.waitFor();
      expect(await progress.getAttribute('aria-valuenow')).toBe('56');
      await card.getByRole('button', { name: /^Check in/ }).click();
      await page.getByLabel('New value (%)').fill('18');
      await page.getByRole('radio', { name: '9', exact: true }).check({ force: true });
      await page.getByLabel('What happened').fill('The target is reached.');
      await page.getByRole('button', { name: 'Save check-in' }).click();
      await page.getByText('Checked in. The key result is at 100%.').waitFor();
      await page.reload();
      await card.getByText('The target is reached.').waitFor();
      expect(await progress.getAttribute('aria-valuenow')).toBe('100');
      expect(view.complaints).toEqual([]);
    });

    it('says when a filter matches nothing, and clears filter and search together', async () => {
      await using view = await open({ as: 'viewer' });
      const { page } = view;
      await view.visit('/objectives?status=done');
      await page.getByRole('link', { name: 'Help people find the answer themselves' }).waitFor();
      expect(await page.getByRole('row').count()).toBe(2);
      await page.getByRole('searchbox').fill('no such thing');
      await page.getByRole('button', { name: 'Show all objectives' }).click();
      await page.getByRole('link', { name: 'Open the Nordic market' }).waitFor();
      expect(await page.getByRole('searchbox').inputValue()).toBe('');
      expect(new URL(page.url()).search).toBe('');
    });

    it('says what failed with the request’s number, and loads it on another try', async () => {
      const routes = createFakeApi('viewer');
      const list = routes['GET /objectives'];
      let broken = true;
      const failing: FakeRoutes = {
        ...routes,
        'GET /objectives': (request) =>
          broken || list === undefined
            ? problem(409, 'REBUILDING', 'The list is being rebuilt.')
            : list(request),
      };
      await using view = await open({ as: 'viewer', routes: failing });
      const { page } = view;
      await view.visit('/objectives');
      const alert = page.getByRole('alert');
      expect(await alert.textContent()).toContain('The list is being rebuilt.Request req-fake');
      broken = false;
      await alert.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('link', { name: 'Open the Nordic market' }).waitFor();
    });

    it('shows a viewer nothing that changes anything', async () => {
      await using view = await open({ as: 'viewer' });
      for (const path of ['/objectives', '/objectives/o1', '/teams', '/teams/t1']) {
        await view.visit(path);
        await view.page.getByRole('heading', { level: 1 }).waitFor();
        await view.page.getByRole('progressbar').first().waitFor();
        const offers = view.page.getByRole('main').getByRole('button');
        expect(await offers.allTextContents(), path).toEqual([]);
      }
    });

    it('offers a member check-ins on the objectives of their own team only', async () => {
      await using view = await open({ as: 'member' });
      await view.visit('/objectives/o1');
      await view.page
        .getByRole('button', { name: /^Check in/ })
        .first()
        .waitFor();
      await view.visit('/objectives/o5');
      await view.page.getByRole('article').first().waitFor();
      await view.page.getByText('check-ins').first().waitFor();
      expect(await view.page.getByRole('button', { name: /^Check in/ }).count()).toBe(0);
    });

    it('works with the keyboard alone: skip link, focus on the page, a dialog that holds and returns the focus', async () => {
      await using view = await open();
      const { page } = view;
      const focused = () => page.evaluate(() => document.activeElement?.outerHTML ?? '');
      await view.visit('/');
      await page.getByLabel('E-mail').focus();
      await page.keyboard.type('admin@kpi.example');
      await page.keyboard.press('Tab');
      await page.keyboard.type('seaworthy-demo-2026');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Welcome back, Amara' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.keyboard.press('Tab');
      await expect.poll(focused, drawn).toContain('Skip to content');
      await page.keyboard.press('Enter');
      await expect.poll(focused, drawn).toMatch(/^<main/);

      const link = page.getByRole('link', { name: 'Objectives', exact: true });
      await link.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Objectives', level: 1 }).waitFor();
      await expect.poll(focused, drawn).toMatch(/^<main/);
      await expect.poll(() => page.title(), drawn).toBe('Objectives · Headway');

      const opener = page.getByRole('button', { name: 'New objective' });
      await opener.focus();
      await page.keyboard.press('Enter');
      await expect.poll(focused, drawn).toContain('name="title"');
      for (let step = 0; step < 12; step += 1) {
        await page.keyboard.press('Tab');
        const inside = await page.evaluate(
          () =>
            document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
        );
        expect(inside).toBe(true);
      }
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await expect.poll(focused, drawn).toContain('New objective');
    });

    it('says what is wrong beside the field, for what it checks and for what the server refuses', async () => {
      await using view = await open();
      const { page } = view;
      await view.visit('/register');
      const email = page.getByLabel('E-mail');
      await page.getByLabel('Name').fill('Ada');
      await page.getByLabel('Password').fill('short');
      await page.getByRole('button', { name: 'Create account' }).click();
      await expect.poll(() => describedBy(page, 'E-mail'), drawn).toBe('Enter an e-mail address.');
      expect(await describedBy(page, 'Password')).toMatch(/at least 10 characters/);
      await expect.poll(() => email.evaluate((input) => input === document.activeElement), drawn).toBe(true);
      await email.fill('member@kpi.example');
      await page.getByLabel('Password').fill('long enough for all');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('This address has an account already').waitFor();
      await expect.poll(() => describedBy(page, 'E-mail'), drawn).toMatch(/has an account already/);
    });

    it('leads to the login when the session has ended, and says why a login failed', async () => {
      await using view = await open({ as: 'admin' });
      const { page } = view;
      await view.visit('/');
      await page.getByRole('heading', { name: 'Welcome back, Amara' }).waitFor();
      await page.evaluate(() => fetch('/api/auth/logout', { method: 'POST' })); // as another tab would
      await page.getByRole('link', { name: 'Teams', exact: true }).click();
      await page.getByRole('heading', { name: 'Sign in to Headway' }).waitFor();
      await signIn(page, 'admin@kpi.example', 'not the password');
      expect(await page.getByRole('alert').textContent()).toBe(
        'The e-mail address or the password is not right.',
      );
    });

    it('remembers the chosen theme', async () => {
      await using view = await open();
      await view.visit('/');
      await view.page.getByRole('button', { name: 'Use the dark theme' }).click();
      await view.page.reload();
      await view.page.getByRole('button', { name: 'Use the light theme' }).waitFor();
      await expect
        .poll(() => view.page.evaluate(() => getComputedStyle(document.body).colorScheme), drawn)
        .toBe('dark');
    });

    it('[row 112] fetches no chart for the login', async () => {
      await using view = await open();
      const scripts: string[] = [];
      view.page.on('request', (request) => scripts.push(request.url()));
      await view.visit('/login');
      await view.page.waitForLoadState('networkidle');
      expect(scripts.some((url) => url.includes('/assets/react-'))).toBe(true);
      expect(scripts.filter((url) => /charts|dashboard|trend/.test(url))).toEqual([]);
      await signIn(view.page, 'admin@kpi.example');
      await view.page.locator('.recharts-area').waitFor();
      expect(scripts.some((url) => url.includes('/assets/charts-'))).toBe(true);
    });

    it('shows markup that somebody typed into any field as text', async () => {
      const names = [
        'name',
        'title',
        'description',
        'comment',
        'unit',
        'email',
        'authorName',
        'ownerName',
        'teamName',
      ];
      const nested = ['keyResultTitle', 'objectiveTitle'];
      await using view = await open({
        as: 'admin',
        routes: poisoned(createFakeApi('admin'), [...names, ...nested]),
      });
      await view.visit('/');
      await view.page.locator('.recharts-area').waitFor();
      for (const path of ['/', '/objectives', '/objectives/o1', '/teams', '/teams/t1']) {
        await view.visit(path);
        await view.page.getByText('<img src=').first().waitFor();
        expect(await view.page.evaluate(() => Reflect.get(window, 'poisoned')), path).toBeUndefined();
      }
      expect(view.complaints).toEqual([]);
    });

    describe('the users page', () => {
      usersPage({
        open,
        createApi: createFakeApi,
        admin: 'Amara Okafor',
        viewer: 'Viktor Lindqvist',
        next: 'Member',
      });
    });
  },
);

function describedBy(page: Page, label: string): Promise<string> {
  return page.getByLabel(label).evaluate((control) => {
    const first = control.getAttribute('aria-describedby')?.split(' ')[0] ?? '';
    return document.getElementById(first)?.textContent ?? '';
  });
}
