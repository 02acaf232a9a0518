import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, file } from '@seaworthy/logging';
import { createAuditLog } from '@seaworthy/logging/audit';
import { pino, stdTimeFunctions } from 'pino';
import winston from 'winston';
import { compareAll } from './harness.mjs';
import { servers } from './load/servers.mjs';
import { estimateMedian } from './statistics.mjs';

const keys = ['password', 'token', 'authorization', 'cookie', 'apiKey'];

/**
 * Until the optimising compiler is done with a server. In a process without sockets, Express with a request log cost 2.1 times Express
 * alone after six thousand requests, and 1.4 times after fifty thousand.
 */
const warmUpUs = 4_000_000;

/** @type {import('./harness.mjs').Pair[]} */
export const pairs = [
  {
    name: 'line of 12 fields into a file, winston',
    alternative: 'winston File with json, timestamp and errors',
    roundUs: 60_000,
    prepare: () => againstWinston(5_000),
  },
  {
    name: 'the same, ten lines a turn, winston',
    alternative: 'winston File with json, timestamp and errors',
    prepare: () => againstWinston(10),
  },
  {
    name: 'line of 12 fields into a file, pino',
    alternative: 'pino with a synchronous destination',
    prepare: () => {
      const folder = temporaryFolder();
      const ours = oursInto(folder.path, 5_000);
      const destination = pino.destination({ dest: join(folder.path, 'theirs.log'), sync: true });
      const theirs = pino(
        { base: { service: 'kpi-backend', environment: 'production' }, timestamp: stdTimeFunctions.isoTime },
        destination,
      );
      return {
        ours: ours.work,
        theirs: (times) => {
          for (let line = 0; line < times; line += 1) theirs.info(fields(line), 'Order paid');
        },
        close: async () => {
          await ours.close();
          destination.end();
          folder.remove();
        },
      };
    },
  },
  {
    name: 'disabled debug(), winston',
    alternative: 'winston',
    prepare: () => {
      const folder = temporaryFolder();
      const ours = oursInto(folder.path, 10);
      const theirs = winston.createLogger({
        level: 'info',
        format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
        transports: [new winston.transports.File({ filename: join(folder.path, 'theirs.log') })],
      });
      return {
        ours: (times) => {
          for (let line = 0; line < times; line += 1) ours.log.debug('Order seen', { orderId: line });
        },
        theirs: (times) => {
          for (let line = 0; line < times; line += 1) theirs.debug('Order seen', { orderId: line });
        },
        close: async () => {
          await ours.close();
          theirs.close();
          folder.remove();
        },
      };
    },
  },
  onExpress('request log on Express 5', 'Express 5 without one', {
    ours: 'expressLogged',
    theirs: 'expressBare',
  }),
  onExpress(
    'request log on Express 5, both with message classes',
    'Express 5 with message classes, without a log',
    { ours: 'expressLogged', theirs: 'expressWithClasses' },
  ),
  onExpress('request log on Express 5, both without message classes', 'Express 5 without one', {
    ours: 'expressLoggedPlain',
    theirs: 'expressBare',
  }),
  onExpress('message classes on Express 5', 'Express 5 without', {
    ours: 'expressWithClasses',
    theirs: 'expressBare',
  }),
  onExpress('request log on Express 5, a connection for each request', 'Express 5 without one', {
    ours: 'expressLogged',
    theirs: 'expressBare',
    keepAlive: false,
  }),
  onExpress(
    'request log on Express 5, pino-http, both without message classes',
    'pino-http with a synchronous destination',
    { ours: 'expressLoggedPlain', theirs: 'expressPinoHttp' },
  ),
  onExpress('the least that a request log can be, on Express 5', 'Express 5 without one', {
    ours: 'expressLoggedAtLeast',
    theirs: 'expressBare',
  }),
  onExpress('AsyncLocalStorage.run alone on Express 5', 'Express 5 without it', {
    ours: 'expressInContext',
    theirs: 'expressBare',
  }),
];

/**
 * @param {string} name
 * @param {string} alternative
 * @param {Omit<Parameters<typeof servers>[0], 'path'>} compared
 * @returns {import('./harness.mjs').Pair}
 */
function onExpress(name, alternative, compared) {
  return {
    name,
    alternative,
    roundUs: 30_000,
    warmUpUs,
    prepare: () => servers({ ...compared, path: '/orders' }),
  };
}

export default async function* results() {
  yield* compareAll(import.meta.url, pairs);
  yield await auditThroughput();
}

/**
 * Durable audit records of 100 writers against what is asked for: 10,000 a second, or 20 for each fdatasync that the disk does
 * meanwhile, whichever is less. Wall time, because the disk is what is waited for.
 */
async function auditThroughput() {
  const folder = temporaryFolder();
  const { privateKey } = generateKeyPairSync('ed25519');
  const audit = await createAuditLog({
    folder: join(folder.path, 'audit'),
    key: privateKey,
    environment: 'bench',
  });
  const plain = await open(join(folder.path, 'plain'), 'a');
  const rounds = [];
  for (let round = 0; round < 30; round += 1) {
    const syncs = await perSecond(1, async () => {
      await plain.write('x'.repeat(300));
      await plain.datasync();
    });
    const records = await perSecond(100, () =>
      audit.record({
        actor: 'u1',
        action: 'order.update',
        outcome: 'success',
        changes: { state: { from: 'a', to: 'b' } },
      }),
    );
    rounds.push({ ours: 1_000_000 / records, theirs: 1_000_000 / Math.min(10_000, 20 * syncs) });
  }
  await plain.close();
  await audit.close();
  folder.remove();
  const alternative = 'the lower of 10,000 a second and 20 for each fdatasync';
  return { name: 'audit records of 100 writers', alternative, ...estimateMedian(rounds) };
}

/** @param {number} writers @param {() => Promise<unknown>} work */
async function perSecond(writers, work) {
  const startedAt = performance.now();
  let count = 0;
  const writer = async () => {
    while (performance.now() - startedAt < 300) {
      await work();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return (count * 1_000) / (performance.now() - startedAt);
}

/** Twelve fields, among them a nested one, a text to escape and a name to redact. @param {number} line */
function fields(line) {
  return {
    requestId: '3f6b2c1e-8d1a-4b6e-9c57-0a4d8f2e7b11',
    method: 'POST',
    url: '/api/orders/4711?page=2',
    statusCode: 201,
    duration: 12.5,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    ip: '203.0.113.7',
    userId: line,
    paid: true,
    customer: { id: 42, name: 'Ada "the first"', plan: 'pro' },
    items: [1, 2, 3],
    password: 'not for the log',
  };
}

/**
 * Both write so many lines in one turn of the event loop, and have them written out before the next: nothing is left over
 * for the other side's time.
 *
 * @param {number} burst
 * @returns {import('./harness.mjs').Sides}
 */
function againstWinston(burst) {
  const folder = temporaryFolder();
  const ours = oursInto(folder.path, burst);
  const transport = new winston.transports.File({ filename: join(folder.path, 'theirs.log') });
  const theirs = winston.createLogger({
    level: 'info',
    defaultMeta: { service: 'kpi-backend', environment: 'production' },
    format: winston.format.combine(
      winston.format.timestamp(),
      winston.format.errors({ stack: true }),
      winston.format.json(),
    ),
    transports: [transport],
  });
  return {
    ours: ours.work,
    theirs: (times) =>
      inBursts(times, burst, async (from, to) => {
        const written = countdown(to - from, transport);
        for (let line = from; line < to; line += 1) theirs.info('Order paid', fields(line));
        await written;
      }),
    close: async () => {
      await ours.close();
      theirs.close();
      folder.remove();
    },
  };
}

/** @param {string} folder @param {number} burst */
function oursInto(folder, burst) {
  const log = createLogger({
    service: 'kpi-backend',
    environment: 'production',
    sinks: [file(join(folder, 'ours.log'))],
    redact: { keys },
    process: false,
  });
  return {
    log,
    work: (/** @type {number} */ times) =>
      inBursts(times, burst, async (from, to) => {
        for (let line = from; line < to; line += 1) log.info('Order paid', fields(line));
        await log.flush();
      }),
    close: async () => {
      await log.close();
    },
  };
}

/** @param {number} times @param {number} burst @param {(from: number, to: number) => Promise<void>} write */
async function inBursts(times, burst, write) {
  for (let from = 0; from < times; from += burst) await write(from, Math.min(times, from + burst));
}

/** Resolves when the transport has logged so many more lines. @param {number} count @param {import('winston').transport} transport */
function countdown(count, transport) {
  return new Promise((resolve) => {
    let left = count;
    transport.on('logged', function onLogged() {
      left -= 1;
      if (left > 0) return;
      transport.off('logged', onLogged);
      resolve(undefined);
    });
  });
}

function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'seaworthy-bench-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
