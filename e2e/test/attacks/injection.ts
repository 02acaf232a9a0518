import { describeWith, size } from '@seaworthy/testkit';
import { expect, it } from 'vitest';
import { startInjectableServer } from './injectable-server.js';
import type { RunningApplications } from './running-applications.js';
import { type SqlmapTarget, sqlmap } from './sqlmap.js';

const limit = size({ test: 180_000, soak: 7_200_000 });

/** sqlmap at level 2 on lists, searches and logins. */
export function injection(applications: () => RunningApplications): void {
  describeWith(['sqlmap'], 'sqlmap at level 2', () => {
    const credentials = (domain: string) => ({ email: `viewer@${domain}`, password: 'not this one' });

    async function targets(): Promise<readonly SqlmapTarget[]> {
      const { kpi, crm } = applications();
      const [kpiCookie, crmCookie] = await Promise.all([kpi.logIn('admin'), crm.logIn('admin')]);
      const kpiList = { cookie: kpiCookie, dbms: 'PostgreSQL', parameters: 'search' } as const;
      const crmList = { cookie: crmCookie, dbms: 'MySQL', parameters: 'search' } as const;
      const all: readonly SqlmapTarget[] = [
        { ...kpiList, url: `${kpi.url}/api/objectives?search=answer&status=active` },
        { ...crmList, url: `${crm.url}/api/clients?search=acacia&page=1` },
        {
          ...kpiList,
          url: `${kpi.url}/api/auth/login`,
          body: credentials('kpi.example'),
          parameters: 'email',
        },
        {
          ...crmList,
          url: `${crm.url}/api/auth/login`,
          body: credentials('crm.example'),
          parameters: 'email',
        },
      ];
      const more: readonly SqlmapTarget[] = [
        { ...kpiList, url: `${kpi.url}/api/users?search=a&page=1&status=active` },
        { ...crmList, url: `${crm.url}/api/invoices?search=a&page=1&status=sent` },
        { ...crmList, url: `${crm.url}/api/users?search=a&page=1` },
      ];
      return size({ test: all, soak: [...all, ...more] });
    }

    it(
      '[row 38] finds nothing injectable in lists, searches and logins of both applications, and no answer of 500',
      async () => {
        for (const target of await targets()) {
          const { injectable, errors, said } = await sqlmap(target);
          expect(injectable, said).toEqual([]);
          expect(said).toMatch(/all tested parameters do not appear to be injectable/);
          // What it counts is read right: a login of an attack is refused.
          if (target.body !== undefined) {
            expect((errors.get(400) ?? 0) + (errors.get(401) ?? 0), said).toBeGreaterThan(10);
          }
          // Neither the statement nor the limits stopped it.
          for (const status of [429, 500, 503]) expect(errors.get(status) ?? 0, said).toBe(0);
        }
      },
      limit,
    );

    it(
      'finds a list and a login whose statements are built from text',
      async () => {
        await using server = await startInjectableServer();
        const [list, login] = await Promise.all([
          sqlmap({ url: `${server.url}/list?search=P1`, parameters: 'search', dbms: 'PostgreSQL' }),
          sqlmap({
            url: `${server.url}/login`,
            body: credentials('example.com'),
            parameters: 'email',
            dbms: 'PostgreSQL',
          }),
        ]);
        expect(list.injectable, list.said).toEqual(['search (GET)']);
        expect(login.injectable, login.said).toHaveLength(1);
        expect(login.injectable[0], login.said).toMatch(/email/);
      },
      limit,
    );
  });
}
