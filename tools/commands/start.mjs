import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crm, kpi } from '../demo/applications.mjs';
import { requireFreePort, runProcess, untilReady } from '../demo/run-process.mjs';
import { ensureServers } from '../lib/servers.mjs';
import { bold, dim, green, report, StepError, step, yellow } from '../lib/terminal.mjs';
import { root } from '../lib/workspace.mjs';
import { main as build } from './build.mjs';

const password = 'seaworthy-demo-2026';

const help = `npm start                     both applications with demonstration data
npm start -- --only kpi       one of them: kpi or crm
npm start -- --verbose        with the log lines of every process

Ports: GATEWAY_PORT (30002), KPI_BACKEND_PORT (3001), KPI_FRONTEND_PORT (3000), CRM_PORT (4000).
Databases: the KPI application has an embedded one, or KPI_DATABASE_URL (DATABASE_URL too); the CRM gets a private MariaDB, or CRM_DATABASE_URL.
Data is new at every start and gone afterwards, unless KPI_DATABASE_URL, CRM_DATABASE_URL or KPI_DATA_DIR name a place for it.
`;

/** @param {readonly string[]} args @returns {Promise<number>} the exit code, once everything has been stopped */
export async function main(args) {
  if (args.includes('--help')) {
    process.stdout.write(help);
    return 0;
  }
  refuseUnknown(args);
  const only = readOnly(args);
  const level = args.includes('--verbose') ? 'info' : 'error';
  const dataFolder = mkdtempSync(join(tmpdir(), 'seaworthy-demo-'));
  /** @type {Array<() => Promise<unknown>>} what to undo, in this order */
  const undo = [async () => rmSync(dataFolder, { recursive: true, force: true })];
  const stopping = stopRequest();
  try {
    const wanted = [...(only === 'crm' ? [] : [kpi({ dataFolder })]), ...(only === 'kpi' ? [] : [crm()])];
    for (const entry of wanted.flatMap(({ processes }) => processes)) await requireFreePort(entry);
    for (const { note } of wanted)
      if (note !== undefined) process.stdout.write(`${yellow('Note:')} ${note}\n`);
    const databaseUrl = only === 'kpi' ? undefined : await crmDatabase(undo);
    if (only === 'crm' && databaseUrl === undefined) return 1;
    const applications = wanted.filter(({ name }) => name !== 'CRM' || databaseUrl !== undefined);
    const processes = applications.flatMap((application) => application.processes);
    await build(applications.flatMap((application) => application.packages));

    /** @type {Array<Promise<string>>} */
    const deaths = [];
    await step(`Starting ${processes.map(({ name }) => name).join(', ')}`, async () => {
      for (const entry of processes) {
        if (stopping.requested) return;
        const running = runProcess(entry, {
          level,
          env: entry.name === 'CRM' ? { DATABASE_URL: databaseUrl } : {},
        });
        undo.unshift(() => running.stop());
        deaths.push(
          running.ended.then(
            ({ code, signal }) => `${running.name} ended (${signal ?? code})\n${running.output()}`,
          ),
        );
        await Promise.race([untilReady(running, `http://127.0.0.1:${entry.port}/readyz`), stopping.request]);
      }
    });
    if (stopping.requested) return 0;
    for (const { name, url, logins } of applications) {
      process.stdout.write(
        `\n${green('●')} ${bold(name)}  ${url}\n  ${dim('log in as')} ${logins.join(', ')}\n`,
      );
    }
    process.stdout.write(
      `  ${dim('password')}  ${password}\n\nCtrl-C stops everything and leaves nothing behind.\n`,
    );

    const death = await Promise.race([stopping.request, ...deaths]);
    if (death === undefined) return 0;
    throw new StepError(death, {
      advice: 'its last lines above say why; npm start -- --verbose shows all of them',
    });
  } finally {
    process.stdout.write('\n');
    await step('Stopping', async () => {
      // One that cannot be taken back must not keep the others.
      for (const back of undo) await back().catch(report);
    });
  }
}

/** @param {readonly string[]} args */
function refuseUnknown(args) {
  const known = ['--only', '--verbose', '--help', 'kpi', 'crm'];
  const unknown = args.find((arg) => !known.includes(arg));
  if (unknown === undefined) return;
  throw new StepError(`npm start does not know "${unknown}"`, {
    advice: `known: ${known.slice(0, 3).join(', ')}`,
  });
}

/** @param {readonly string[]} args */
function readOnly(args) {
  const at = args.indexOf('--only');
  if (at === -1) return undefined;
  const name = args[at + 1];
  if (name === 'kpi' || name === 'crm') return name;
  throw new StepError('--only takes kpi or crm', { advice: 'npm start -- --only kpi' });
}

/** The first request to stop; later ones change nothing, everything is on its way down. */
function stopRequest() {
  const stopping = {
    requested: false,
    /** @type {Promise<undefined>} */
    request: new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.on(signal, () => {
          stopping.requested = true;
          resolve(undefined);
        });
      }
    }),
  };
  return stopping;
}

/**
 * A URL from the environment, or a private MariaDB; `undefined` when none can be had, which is said.
 *
 * @param {Array<() => Promise<unknown>>} undo
 * @returns {Promise<string | undefined>}
 */
async function crmDatabase(undo) {
  if (process.env.CRM_DATABASE_URL !== undefined) return process.env.CRM_DATABASE_URL;
  await build(['testkit']);
  if (!(await ensureServers(['mysql']))) {
    process.stdout.write(
      `${yellow('The CRM is skipped:')} it needs MariaDB, or a MySQL in CRM_DATABASE_URL.\n`,
    );
    return undefined;
  }
  const { startMariadb } = await import(pathToFileURL(join(root, 'packages/testkit/dist/servers.js')).href);
  return step('Starting a private MariaDB', async () => {
    const server = await startMariadb();
    undo.splice(-1, 0, () => server.close());
    return server.url;
  });
}
