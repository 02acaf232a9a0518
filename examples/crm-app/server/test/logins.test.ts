import { createTestDatabase, describeWith, freePort } from '@seaworthy/testkit';
import { expect, it } from 'vitest';
import { crmServer } from '../src/service.js';

describeWith(['mysql'], 'logins of the CRM', () => {
  it('fail so often a network and no more, however many addresses of it they come from', async () => {
    const database = await createTestDatabase('mysql');
    const env = {
      NODE_ENV: 'test',
      PORT: String(await freePort()),
      DATABASE_URL: database.url,
      TRUSTED_PROXIES: '127.0.0.0/8',
      LOGIN_LIMIT: '1',
      LOG_LEVEL: 'error',
    };
    const service = await crmServer({ sources: { env }, signals: false }).start();
    try {
      const guess = async (address: string): Promise<readonly unknown[]> => {
        const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
        const body = JSON.stringify({ email: 'admin@crm.example', password: 'wrong' });
        const answer = await fetch(`${service.url}/api/auth/login`, { method: 'POST', headers, body });
        return [answer.status, answer.headers.has('retry-after')];
      };
      // Each from a /64 of its own, which is a client of its own to other limits, in one /56.
      for (let at = 1; at <= 10; at += 1) {
        expect(await guess(`2001:db8:0:${at.toString(16)}::1`)).toEqual([401, false]);
      }
      expect(await guess('2001:db8:0:b::1')).toEqual([429, true]);
      expect(await guess('2001:db8:0:100::1')).toEqual([401, false]);
    } finally {
      await service.close();
      await database.drop();
    }
  });
});
