import { fileURLToPath } from 'node:url';
import { createTestDatabase, freePort, type NodeProcess, spawnNode } from '@seaworthy/testkit';

/** Both applications as built, each process of its own, with demonstration data, behind no proxy but their own. */
export interface RunningApplications extends AsyncDisposable {
  readonly kpi: RunningApplication;
  readonly crm: RunningApplication;
}

export interface RunningApplication {
  /** Where people go: the gateway of the KPI application, the server of the CRM. */
  readonly url: string;
  readonly port: number;
  /** The pages, where another process serves them. */
  readonly hosts: readonly string[];
  /** The Cookie header of somebody who has logged in: `admin`, `viewer`. */
  logIn(name: string, password?: string): Promise<string>;
  /** Everything that its processes have written. */
  logs(): string;
}

const example = (path: string): string =>
  fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url));

const demoPassword = 'seaworthy-demo-2026';
const secret = 'the-secret-of-the-attacked-0123456789abcdef';

/** Scanners ask more often than people do. The limits themselves are shown elsewhere. */
const plenty = {
  RATE_LIMIT_MAX_REQUESTS: '10000000',
  RATE_LIMIT_PER_MINUTE: '10000000',
  LOGIN_LIMIT: '10000000',
  LOG_LEVEL: 'info',
};

/** Starts both as in staging: errors show nothing of the inside, and cookies are for TLS alone. */
export async function startApplications(): Promise<RunningApplications> {
  const [kpiDatabase, crmDatabase] = await Promise.all([
    createTestDatabase('postgres'),
    createTestDatabase('mysql'),
  ]);
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const [backend, frontend, gateway, crm] = ports.map(String) as [string, string, string, string];
  const running: NodeProcess[] = [];
  async function start(path: string, env: Readonly<Record<string, string>>): Promise<NodeProcess> {
    const started = spawnNode(example(path), { env: { NODE_ENV: 'staging', ...plenty, ...env } });
    running.push(started);
    await started.output(/"message":"Listening"/, 60_000);
    return started;
  }
  const local = (port: string): string => `http://127.0.0.1:${port}`;
  const kpiVariables = {
    HOST: '127.0.0.1',
    PORT: backend,
    DATABASE_URL: kpiDatabase.url,
    JWT_SECRET: secret,
    CORS_ORIGIN: 'https://kpi.example.com',
    FRONTEND_URL: 'https://kpi.example.com',
    TRUSTED_PROXIES: '127.0.0.1/32',
  };
  const crmVariables = {
    HOST: '127.0.0.1',
    PORT: crm,
    DATABASE_URL: crmDatabase.url,
    JWT_SECRET: secret,
    VITE_APP_ID: 'melitech-crm',
    BUILT_IN_FORGE_API_KEY: `${secret}-forge`,
    PAGES_FOLDER: example('crm-app/frontend/dist'),
    TRUSTED_PROXIES: '127.0.0.1/32',
  };
  const seeded = async (folder: string, variables: Readonly<Record<string, string>>): Promise<void> => {
    for (const script of ['migrate.js', 'seed/main.js']) {
      await using command = spawnNode(example(`${folder}/dist/${script}`), {
        env: { ...variables, NODE_ENV: 'test' },
      });
      const { code } = await command.exited;
      if (code !== 0) throw new Error(`${folder}/${script} ended with ${code}: ${command.stderr}`);
    }
  };
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((process) => process[Symbol.asyncDispose]()));
    await Promise.all([kpiDatabase.drop(), crmDatabase.drop()]);
  };
  try {
    await Promise.all([seeded('kpi-app/backend', kpiVariables), seeded('crm-app/server', crmVariables)]);
    const [crmProcess, ...kpiProcesses] = await Promise.all([
      start('crm-app/server/dist/main.js', crmVariables),
      start('kpi-app/backend/dist/main.js', kpiVariables),
      start('kpi-app/frontend/serve.mjs', {
        HOST: '127.0.0.1',
        PORT: frontend,
        PAGES_FOLDER: example('kpi-app/frontend/dist'),
        TRUSTED_PROXIES: '127.0.0.1/32',
      }),
      start('kpi-app/gateway/dist/main.js', {
        GATEWAY_PORT: gateway,
        GATEWAY_HOST: '127.0.0.1',
        BACKEND_URL: local(backend),
        FRONTEND_URL: local(frontend),
        TRUSTED_PROXIES: '127.0.0.1/32',
      }),
    ]);
    return {
      kpi: application(local(gateway), 'kpi.example', kpiProcesses, [
        local(backend),
        local(frontend),
        local(gateway),
      ]),
      crm: application(local(crm), 'crm.example', [crmProcess], [local(crm)]),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function application(
  url: string,
  domain: string,
  processes: readonly NodeProcess[],
  hosts: readonly string[],
): RunningApplication {
  return {
    url,
    port: Number(new URL(url).port),
    hosts,
    async logIn(name, password = demoPassword) {
      const answer = await fetch(`${url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: `${name}@${domain}`, password }),
      });
      if (answer.status !== 200) throw new Error(`login of ${name} answered ${answer.status}`);
      return answer.headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; ');
    },
    logs: () => processes.map(({ stdout, stderr }) => stdout + stderr).join(''),
  };
}
