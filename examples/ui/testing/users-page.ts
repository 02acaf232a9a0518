import { expect, it } from 'vitest';
import type { OpenedApp, OpenOptions } from './describe-in-chromium.js';
import { type FakeRoutes, problem } from './fake-api.js';
import { drawn } from './watched-page.js';

export interface UsersPageFixture {
  readonly open: (options?: OpenOptions) => Promise<OpenedApp>;
  readonly createApi: (as?: string) => FakeRoutes;
  /** The names of an administrator and of a viewer. */
  readonly admin: string;
  readonly viewer: string;
  /** The role that a viewer gets by one press of the arrow key, and its label. */
  readonly next: string;
}

/** What the users page does in both applications. */
export function usersPage({ open, createApi, admin, viewer, next }: UsersPageFixture): void {
  it('gives a viewer another role with the keyboard alone, and returns the focus', async () => {
    await using view = await open({ as: 'admin' });
    const { page } = view;
    await view.visit('/users');
    const row = page.getByRole('row').filter({ hasText: viewer });
    const opener = row.getByRole('button', { name: `Role of ${viewer}` });
    await opener.focus();
    await page.keyboard.press('Enter');
    const select = page.getByRole('dialog').getByLabel('Role', { exact: true });
    await expect
      .poll(() => select.evaluate((control) => control === document.activeElement), drawn)
      .toBe(true);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab'); // Cancel
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText(`${viewer} is now ${next.toLowerCase()}.`).waitFor();
    await row.getByRole('cell', { name: next, exact: true }).waitFor();
    await expect
      .poll(() => opener.evaluate((control) => control === document.activeElement), drawn)
      .toBe(true);
    await page.reload();
    await row.getByRole('cell', { name: next, exact: true }).waitFor();
    expect(view.complaints).toEqual([]);
  });

  it('deactivates and reactivates somebody after asking', async () => {
    await using view = await open({ as: 'admin' });
    const { page } = view;
    await view.visit('/users');
    const row = page.getByRole('row').filter({ hasText: viewer });
    await row.getByRole('button', { name: `Deactivate ${viewer}` }).click();
    const question = page.getByRole('dialog', { name: `Deactivate ${viewer}?` });
    await question.getByRole('button', { name: 'Cancel' }).click();
    expect(view.app.asked.filter((request) => request.startsWith('PATCH'))).toEqual([]);
    await row.getByRole('button', { name: `Deactivate ${viewer}` }).click();
    await question.getByRole('button', { name: 'Deactivate' }).click();
    await page.getByText(`${viewer} was signed out everywhere.`).waitFor();
    await row.getByText('Deactivated', { exact: true }).waitFor();
    await row.getByRole('button', { name: `Reactivate ${viewer}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reactivate' }).click();
    await row.getByText('Active', { exact: true }).waitFor();
    expect(view.complaints).toEqual([]);
  });

  it('says why the last administrator stays, where it was tried', async () => {
    await using view = await open({ as: 'admin' });
    const { page } = view;
    await view.visit('/users');
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: `Deactivate ${admin}` }).click();
    await dialog.getByRole('button', { name: 'Deactivate' }).click();
    expect(await dialog.getByRole('alert').textContent()).toContain('the last administrator');
    expect(await view.axe()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: `Role of ${admin}` }).click();
    await dialog.getByLabel('Role', { exact: true }).selectOption('viewer');
    await dialog.getByRole('button', { name: 'Save role' }).click();
    expect(await dialog.getByRole('alert').textContent()).toContain('the last administrator');
  });

  it('finds by text and by status, and says when nobody matches', async () => {
    await using view = await open({ as: 'admin' });
    const { page } = view;
    await view.visit('/users');
    await page.getByText('1–4 of 4 users').waitFor();
    await page.getByRole('searchbox').fill(viewer.toUpperCase());
    await page.getByText('1–1 of 1 users').waitFor();
    await page.getByRole('button', { name: 'Deactivated', exact: true }).click();
    await page.getByText('Nobody matches').waitFor();
    expect(new URL(page.url()).searchParams.get('status')).toBe('deactivated');
  });

  it('shows that it loads, what failed, and the list on another try', async () => {
    const routes = createApi('admin');
    const list = routes['GET /users'];
    let broken = true;
    const failing: FakeRoutes = {
      ...routes,
      'GET /users': (request) =>
        broken || list === undefined ? problem(409, 'REBUILDING', 'Being rebuilt.') : list(request),
    };
    await using view = await open({ as: 'admin', routes: failing });
    const { page } = view;
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/users?*', async (route) => {
      await asked;
      await route.continue();
    });
    await view.visit('/users');
    await page.getByText('Loading: Users').waitFor({ state: 'attached' });
    answer();
    expect(await page.getByRole('alert').textContent()).toContain('Being rebuilt.Request req-fake');
    broken = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(viewer).waitFor();
  });

  it('is for administrators: nobody else is led there, and who no longer is one sees it at once', async () => {
    await using reader = await open({ as: 'viewer' });
    await reader.visit('/users');
    await reader.page.getByText('For administrators').waitFor();
    expect(await reader.page.getByRole('link', { name: 'Users' }).count()).toBe(0);
    expect(reader.app.asked).not.toContain('GET /users');

    const routes = createApi('admin');
    let demoted = false;
    const later: FakeRoutes = {
      ...routes,
      'GET /me': (request) => {
        const answer = routes['GET /me']?.(request) ?? { status: 500 };
        const user = Object(Reflect.get(answer.body ?? {}, 'user'));
        return demoted ? { status: 200, body: { user: { ...user, role: 'viewer' } } } : answer;
      },
      'PATCH /users/:id': () => problem(403, 'FORBIDDEN', 'Your role does not allow this.'),
    };
    await using view = await open({ as: 'admin', routes: later });
    await view.visit('/users');
    await view.page.getByRole('link', { name: 'Users' }).waitFor();
    demoted = true; // by another administrator
    await view.page.getByRole('button', { name: `Deactivate ${viewer}` }).click();
    await view.page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
    await view.page.getByText('For administrators').waitFor();
    await expect.poll(() => view.page.getByRole('link', { name: 'Users' }).count(), drawn).toBe(0);
  });
}
