import { ConfigError } from '@seaworthy/config';
import { describe, expect, it } from 'vitest';
import { schema } from '../src/config.js';

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'mysql://crm:pw@db.internal:3306/crm',
  JWT_SECRET: 'q8Zb1uJk0rT5xYw3nVhL7sPcD2fGmA9e',
  VITE_APP_ID: 'melitech-crm',
  BUILT_IN_FORGE_API_KEY: 'Xv4Lq9Rt2Wm7Kp1Zs6Yh3Nc8Bd5Gf0Ju',
};

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    schema.load({ env, cwd: '/nonexistent' });
    return [];
  } catch (error) {
    if (!ConfigError.is(error)) throw error;
    return error.problems.flatMap(({ name, related = [] }) => [name, ...related]).sort();
  }
}

describe('the variables of the CRM', () => {
  it('[row 9] has a .env.example that says what the schema says', async () => {
    await expect(schema.toEnvExample()).toMatchFileSnapshot('../.env.example');
  });

  it('[row 2] refuses to start without any one of the critical variables, naming it, and with half of the mail group', () => {
    expect(problemsOf(production)).toEqual([]);
    for (const name of ['DATABASE_URL', 'JWT_SECRET', 'VITE_APP_ID', 'BUILT_IN_FORGE_API_KEY']) {
      expect(problemsOf({ ...production, [name]: '' })).toEqual([name]);
    }
    expect(problemsOf({ ...production, NODE_ENV: '' })).toEqual([]); // not set is production
    const mail = {
      SMTP_HOST: 'mail.internal',
      SMTP_PORT: '587',
      SMTP_USER: 'crm',
      SMTP_PASSWORD: 'pw-of-mail',
    };
    expect(problemsOf({ ...production, ...mail })).toEqual([]);
    for (const name of Object.keys(mail)) {
      expect(problemsOf({ ...production, ...mail, [name]: '' }), name).toContain(name);
    }
    const analytics = {
      VITE_ANALYTICS_ENDPOINT: 'https://stats.example.com',
      VITE_ANALYTICS_WEBSITE_ID: 'crm',
    };
    expect(problemsOf({ ...production, ...analytics })).toEqual([]);
  });

  it('takes a MySQL URL and no other', () => {
    expect(problemsOf({ ...production, DATABASE_URL: 'postgres://crm:pw@db.internal/crm' })).toEqual([
      'DATABASE_URL',
    ]);
  });
});
