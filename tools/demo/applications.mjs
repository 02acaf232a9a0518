import { join } from 'node:path';
import { StepError } from '../lib/terminal.mjs';
import { root } from '../lib/workspace.mjs';

/**
 * A process of the demonstration.
 *
 * @typedef {{
 *   name: string,
 *   script: string,
 *   port: number,
 *   portVariable: string,
 *   env: Record<string, string>,
 * }} DemoProcess
 */

/**
 * @typedef {{
 *   name: string,
 *   packages: readonly string[],
 *   processes: readonly DemoProcess[],
 *   url: string,
 *   logins: readonly string[],
 *   note?: string | undefined,
 * }} DemoApplication
 */

const example = (/** @type {string} */ path) => join(root, 'examples', path);

/** A port from the environment, or the usual one. @param {string} variable @param {number} usual */
function port(variable, usual) {
  const given = process.env[variable];
  if (given === undefined || given === '') return usual;
  if (/^\d{1,5}$/.test(given) && Number(given) > 0 && Number(given) < 65_536) return Number(given);
  throw new StepError(`${variable} is not a port`, {
    advice: `a number from 1 to 65535, or leave it out: ${usual}`,
  });
}

/** A hundred requests in a quarter of an hour, as the guide has it, is a short demonstration. */
const generousLimit = { RATE_LIMIT_MAX_REQUESTS: '5000', RATE_LIMIT_PER_MINUTE: '1000', LOGIN_LIMIT: '1000' };

/** @param {{ dataFolder: string }} options @returns {DemoApplication} */
export function kpi({ dataFolder }) {
  const gateway = port('GATEWAY_PORT', 30_002);
  const backend = port('KPI_BACKEND_PORT', 3_001);
  const frontend = port('KPI_FRONTEND_PORT', 3_000);
  const url = `http://localhost:${gateway}`;
  const databaseUrl = process.env.KPI_DATABASE_URL ?? process.env.DATABASE_URL;
  return {
    name: 'KPI',
    note: databaseUrl === undefined ? undefined : databaseNote(databaseUrl),
    packages: ['kpi-backend', 'kpi-gateway', 'kpi-frontend', 'server'],
    url,
    logins: ['admin', 'manager', 'member', 'viewer'].map((role) => `${role}@kpi.example`),
    processes: [
      {
        name: 'KPI backend',
        script: example('kpi-app/backend/dist/main.js'),
        port: backend,
        portVariable: 'KPI_BACKEND_PORT',
        env: {
          PORT: String(backend),
          HOST: '127.0.0.1',
          DATA_DIR: process.env.KPI_DATA_DIR ?? join(dataFolder, 'kpi'),
          // The embedded one needs no client programs to be backed up, and shows it on its status page.
          ...(databaseUrl === undefined
            ? { BACKUP_FOLDER: join(dataFolder, 'kpi-backups') }
            : { DATABASE_URL: databaseUrl }),
          ...(process.env.REDIS_URL === undefined ? {} : { REDIS_URL: process.env.REDIS_URL }),
          CORS_ORIGIN: url,
          FRONTEND_URL: url,
          SEED: 'true',
          ...generousLimit,
        },
      },
      {
        name: 'KPI pages',
        script: example('kpi-app/frontend/serve.mjs'),
        port: frontend,
        portVariable: 'KPI_FRONTEND_PORT',
        env: { PORT: String(frontend), HOST: '127.0.0.1', PAGES_FOLDER: example('kpi-app/frontend/dist') },
      },
      {
        name: 'KPI gateway',
        script: example('kpi-app/gateway/dist/main.js'),
        port: gateway,
        portVariable: 'GATEWAY_PORT',
        env: {
          GATEWAY_PORT: String(gateway),
          GATEWAY_HOST: 'localhost',
          BACKEND_URL: `http://127.0.0.1:${backend}`,
          FRONTEND_URL: `http://127.0.0.1:${frontend}`,
          ...generousLimit,
        },
      },
    ],
  };
}

/** Its DATABASE_URL is known once there is a database. @returns {DemoApplication} */
export function crm() {
  const server = port('CRM_PORT', 4_000);
  return {
    name: 'CRM',
    packages: ['crm-server', 'crm-frontend'],
    url: `http://localhost:${server}`,
    logins: ['admin', 'accountant', 'sales', 'viewer'].map((role) => `${role}@crm.example`),
    processes: [
      {
        name: 'CRM',
        script: example('crm-app/server/dist/main.js'),
        port: server,
        portVariable: 'CRM_PORT',
        env: {
          PORT: String(server),
          HOST: '127.0.0.1',
          ...(process.env.REDIS_URL === undefined ? {} : { REDIS_URL: process.env.REDIS_URL }),
          PAGES_FOLDER: example('crm-app/frontend/dist'),
          SEED: 'true',
          ...generousLimit,
        },
      },
    ],
  };
}

/** Whose database gets the demonstration's tables and logins is said before it happens. @param {string} url */
function databaseNote(url) {
  const place = URL.canParse(url) ? new URL(url) : undefined;
  const where =
    place === undefined ? 'the database of the environment' : `${place.pathname.slice(1)} on ${place.host}`;
  return `The KPI application writes its tables and, when there are no users, demonstration logins into ${where}.`;
}
