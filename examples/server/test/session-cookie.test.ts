import { describe, expect, it } from 'vitest';
import { sessionCookie } from '../src/session-cookie.js';

describe('the session cookie', () => {
  it('is out of reach of scripts and of other sites, and lasts as long as the session', () => {
    const cookie = sessionCookie({ name: 'kpi', secure: true, maxAgeMs: 3_600_000 });
    expect(cookie.set('abc')).toBe('__Host-kpi=abc; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax');
    expect(cookie.clear()).toBe('__Host-kpi=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax');
  });

  it('is read by its own name only', () => {
    const cookie = sessionCookie({ name: 'kpi', secure: false, maxAgeMs: 1_000 });
    expect(cookie.read('other=1; kpi=abc')).toBe('abc');
    expect(cookie.read('xkpi=abc')).toBeUndefined();
    expect(cookie.read(undefined)).toBeUndefined();
  });
});
