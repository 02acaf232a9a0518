import { join } from 'node:path';
import { describeInChromium, drawn, poisoned, signIn, usersPage } from '@seaworthy-example/ui/testing';
import { describe, expect, it } from 'vitest';
import { createFakeApi } from './fake-api.js';

const root = join(import.meta.dirname, '..');

describeInChromium(
  'Purser in Chromium under default-src self',
  { root, createApi: createFakeApi },
  (open) => {
    it('shows every page at 1280 px, light, and at 390 px, dark, without a complaint of axe, the console or the policy', async () => {
      await using view = await open();
      const { page } = view;
      const check = async (name: string) => {
        expect(await view.faultsInBothLooks(), name).toEqual([]);
      };
      await view.visit('/');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await check('login, with what is wrong');
      await signIn(page, 'admin@crm.example');
      await page.locator('.recharts-bar').first().waitFor();
      await page.getByText('Show the numbers').click();
      await check('dashboard');
      await view.visit('/clients');
      await page.getByRole('row').nth(1).waitFor();
      await check('clients');
      await page.getByRole('button', { name: 'New client' }).click();
      await page.getByRole('button', { name: 'Add client' }).click();
      await check('new client, with what is wrong');
      await view.visit('/clients/c1');
      await page.getByRole('row').nth(1).waitFor();
      await check('client');
      await view.visit('/invoices');
      await page.getByRole('row').nth(1).waitFor();
      await check('invoices');
      await view.visit('/invoices/i54');
      await page.getByRole('row').nth(1).waitFor();
      await check('invoice');
      await page.getByRole('button', { name: 'Record payment' }).click();
      await check('payment');
      await view.visit('/invoices/new');
      await page.getByLabel('Client', { exact: true }).fill('bal');
      await page.getByRole('option', { name: 'Baltic Rope Works' }).waitFor();
      await check('invoice editor, choosing a client');
      await page.getByRole('button', { name: 'Save draft' }).click();
      await check('invoice editor, with what is wrong');
      await page.getByLabel('Description').fill('Begun');
      await page.getByRole('link', { name: 'Cancel' }).click();
      await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor();
      await check('invoice editor, asking before it is left');
      await view.visit('/users');
      await page.getByRole('row').nth(1).waitFor();
      await check('users');
      await page.getByRole('button', { name: 'New user' }).click();
      await page.getByRole('button', { name: 'Create user' }).click();
      await check('new user, with what is wrong');
      await page.getByLabel('Name').fill('Ada Quist');
      await page.getByLabel('E-mail').fill('ada@crm.example');
      await page.getByRole('button', { name: 'Create user' }).click();
      await page.getByText('Kq7-first_pass-2x').waitFor();
      await check('new user, with the first password');
      await view.visit('/nowhere');
      await page.getByRole('heading', { name: 'Page not found' }).waitFor();
      await check('not found');
      expect(view.complaints).toEqual([]);
    }, 120_000);

    it('writes an invoice with the keyboard, sends it and books its payment until nothing is due', async () => {
      await using view = await open({ as: 'accountant' });
      const { page } = view;
      await view.visit('/invoices/new');
      await page.getByLabel('Client', { exact: true }).fill('baltic');
      await page.getByRole('option', { name: 'Baltic Rope Works' }).waitFor();
      await page.getByRole('option', { name: 'Alder & Finch Architects' }).waitFor({ state: 'detached' });
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.getByLabel('Description').fill('Rigging plans');
      await page.getByLabel('Quantity').fill('1,5');
      await page.getByLabel('Price (EUR)').fill('10,01');
      await page.getByText('€18.02').waitFor(); // 15.02 and 20 % of it, rounded half up
      await page.getByRole('button', { name: 'Save draft' }).click();
      await page.getByRole('button', { name: 'Send invoice' }).click();
      await page.getByRole('button', { name: 'Record payment' }).click();
      await page.getByLabel('Amount (EUR)').fill('18.03');
      const record = page.getByRole('dialog').getByRole('button', { name: 'Record payment' });
      await record.click();
      await page.getByText('Only €18.02 is still due.').waitFor();
      await page.getByLabel('Amount (EUR)').fill('18.02');
      await record.click();
      await page.getByText('€18.02 recorded. The invoice is paid.').waitFor();
      await page.reload();
      await page.getByText('Bank transfer').waitFor();
      expect(await page.getByRole('button', { name: 'Record payment' }).count()).toBe(0);
      expect(view.complaints).toEqual([]);
    });

    it('sends the same idempotency key again after a broken connection, so that the payment is booked once', async () => {
      await using view = await open({ as: 'accountant' });
      const { page } = view;
      await view.visit('/invoices/i54');
      await page.getByRole('button', { name: 'Record payment' }).click();
      const keys: (string | undefined)[] = [];
      // The first answer is lost after the server has booked the payment.
      await page.route('**/payments', async (route) => {
        keys.push(route.request().headers()['idempotency-key']);
        const response = await route.fetch();
        if (keys.length === 1) await route.abort('connectionreset');
        else await route.fulfill({ response });
      });
      const record = page.getByRole('dialog').getByRole('button', { name: 'Record payment' });
      await page.getByLabel('Amount (EUR)').fill('100');
      await record.click();
      await page.getByText('The server cannot be reached.').waitFor();
      await record.click();
      await page.getByText('€100.00 recorded').waitFor();
      expect(keys).toHaveLength(2);
      expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
      expect(keys[1]).toBe(keys[0]);
      await page.reload();
      const booked = page.getByRole('listitem').filter({ hasText: '€100.00' });
      await booked.first().waitFor();
      expect(await booked.count()).toBe(1);
    });

    it('asks before an invoice that was begun is left', async () => {
      await using view = await open({ as: 'sales' });
      const { page } = view;
      await view.visit('/invoices/new');
      await page.getByLabel('Description').fill('Not saved');
      await page.getByRole('link', { name: 'Clients', exact: true }).click();
      const question = page.getByRole('dialog', { name: 'Leave without saving?' });
      await question.getByRole('button', { name: 'Cancel' }).click();
      expect(await page.getByLabel('Description').inputValue()).toBe('Not saved');
      await page.getByRole('link', { name: 'Clients', exact: true }).click();
      await question.getByRole('button', { name: 'Leave' }).click();
      await page.getByRole('heading', { name: 'Clients', level: 1 }).waitFor();
    });

    it('keeps page, status and search of the invoices in the address', async () => {
      await using view = await open({ as: 'viewer' });
      const { page } = view;
      await view.visit('/invoices');
      await page.getByText('1–10 of 60 invoices').waitFor();
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByText('11–20 of 60 invoices').waitFor();
      await page.reload();
      await page.getByText('11–20 of 60 invoices').waitFor();
      await page.getByRole('button', { name: 'Draft' }).click();
      await page.getByText('1–3 of 3 invoices').waitFor();
      await page.getByRole('searchbox').fill('nobody at all');
      await page.getByText('Nothing matches').waitFor();
      expect(new URL(page.url()).search).toBe('?status=draft&search=nobody+at+all');
    });

    it('offers each role what it may do: a viewer nothing, sales no payment, an accountant both', async () => {
      const offers: Record<string, string[]> = {};
      for (const role of ['viewer', 'sales', 'accountant']) {
        await using view = await open({ as: role });
        await view.visit('/invoices/i55');
        await view.page.getByRole('heading', { name: 'Payments' }).waitFor();
        offers[role] = await view.page.getByRole('main').getByRole('button').allTextContents();
        await view.visit('/invoices');
        await view.page.getByRole('row').nth(1).waitFor();
        if ((await view.page.getByRole('link', { name: 'New invoice' }).count()) > 0)
          offers[role].push('New invoice');
      }
      expect(offers).toEqual({
        viewer: [],
        sales: ['New invoice'],
        accountant: ['Void', 'Record payment', 'New invoice'],
      });
    });

    it('[row 112] fetches no chart for the login', async () => {
      await using view = await open();
      const scripts: string[] = [];
      view.page.on('request', (request) => scripts.push(request.url()));
      await view.visit('/login');
      await view.page.waitForLoadState('networkidle');
      expect(scripts.some((url) => url.includes('/assets/react-'))).toBe(true);
      expect(scripts.filter((url) => /charts|dashboard/.test(url))).toEqual([]);
      await signIn(view.page, 'admin@crm.example');
      await view.page.locator('.recharts-bar').first().waitFor();
      expect(scripts.some((url) => url.includes('/assets/charts-'))).toBe(true);
    });

    it('shows markup that somebody typed into any field as text', async () => {
      const fields = ['name', 'email', 'phone', 'taxId', 'city', 'country', 'clientName'];
      const invoiceFields = ['number', 'notes', 'description', 'reference'];
      const routes = poisoned(createFakeApi('admin'), [...fields, ...invoiceFields]);
      await using view = await open({ as: 'admin', routes });
      const { page } = view;
      const poisonedNow = () => page.evaluate(() => Reflect.get(window, 'poisoned'));
      for (const path of ['/', '/clients', '/clients/c1', '/invoices', '/invoices/i54', '/users']) {
        await view.visit(path);
        if (path === '/') await page.locator('.recharts-bar').first().waitFor();
        await page.getByText('<img src=').first().waitFor();
        expect(await poisonedNow(), path).toBeUndefined();
      }
      await view.visit('/invoices/new?client=c1');
      const client = page.getByLabel('Client', { exact: true });
      await expect.poll(() => client.inputValue(), drawn).toContain('<script>');
      expect(await poisonedNow()).toBeUndefined();
      expect(view.complaints).toEqual([]);
    });

    describe('the users page', () => {
      usersPage({
        open,
        createApi: createFakeApi,
        admin: 'Ingrid Halvorsen',
        viewer: 'Owen Price',
        next: 'Sales',
      });

      it('makes an account, shows its first password once, and says when the address is taken', async () => {
        await using view = await open({ as: 'admin' });
        const { page } = view;
        await view.visit('/users');
        await page.getByRole('button', { name: 'New user' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Name').fill('Ada Quist');
        await dialog.getByLabel('E-mail').fill('sales@crm.example');
        await dialog.getByLabel('Role').selectOption('accountant');
        await dialog.getByRole('button', { name: 'Create user' }).click();
        await dialog.getByText('There is an account with this address.').waitFor();
        await dialog.getByLabel('E-mail').fill('ada@crm.example');
        await dialog.getByRole('button', { name: 'Create user' }).click();
        await dialog.getByText('Kq7-first_pass-2x').waitFor();
        await dialog.getByRole('button', { name: 'Done' }).click();
        await page.getByRole('row').filter({ hasText: 'Ada Quist' }).getByText('Accountant').waitFor();
        await page.getByRole('button', { name: 'New user' }).click();
        await dialog.getByLabel('Name').waitFor();
        expect(await page.getByText('Kq7-first_pass-2x').count()).toBe(0);
        expect(await dialog.getByLabel('Name').inputValue()).toBe('');
      });
    });
  },
);
