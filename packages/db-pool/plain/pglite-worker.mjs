// @ts-check
// The other side of src/drivers/pglite.ts, in a thread of its own because PGlite computes in the thread it is in: a query
// of a second would stop an application's event loop for a second. Plain JavaScript, so that it starts from sources too.
import { parentPort, workerData } from 'node:worker_threads';

/**
 * @typedef {{ id: number, kind: 'query', text: string, values: (string | Uint8Array | null)[] }
 *   | { id: number, kind: 'script', text: string }
 *   | { id: number, kind: 'dump' }
 *   | { id: number, kind: 'close' }} Request
 */

/**
 * The part of the protocol's messages that is read here.
 * @typedef {{ name: string, text?: string, status?: string, fields?: unknown[] }} Message
 * @typedef {Error & { code?: string, constraint?: string, table?: string, column?: string }} Failure
 */

if (parentPort === null) throw new Error('This file runs as a worker thread only.');
const port = parentPort;

const { PGlite, protocol } = await import(workerData.module);
const { serialize } = protocol;
const database = await PGlite.create(workerData.folder === undefined ? {} : { dataDir: workerData.folder });

// One at a time: PGlite is one session, and its protocol calls do not wait for each other.
let turn = Promise.resolve();
port.on('message', (/** @type {Request} */ request) => {
  turn = turn.then(() => answer(request));
});
port.postMessage({ id: 0 });

/** @param {Request} request */
async function answer(request) {
  try {
    if (request.kind === 'close') {
      await database.close();
      port.postMessage({ id: request.id });
      port.close();
      return;
    }
    if (request.kind === 'dump') {
      const archive = await (await database.dumpDataDir('none')).arrayBuffer();
      port.postMessage({ id: request.id, ...read([]), archive }, [archive]);
      return;
    }
    const { messages } = await database.execProtocol(encode(request), { throwOnError: false });
    port.postMessage({ id: request.id, ...read(messages) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ id: request.id, broken: message });
  }
}

/** @param {Exclude<Request, { kind: 'close' | 'dump' }>} request */
function encode(request) {
  if (request.kind === 'script') return serialize.query(request.text);
  return Buffer.concat([
    serialize.parse({ text: request.text }),
    serialize.bind({ values: request.values }),
    serialize.describe({ type: 'P' }),
    serialize.execute({}),
    serialize.sync(),
  ]);
}

/**
 * The last result, the transaction's state, and the error if there was one.
 * @param {(Message | Failure)[]} messages
 */
function read(messages) {
  /** @type {{ name: string, type: number }[]} */
  let columns = [];
  /** @type {unknown[]} */
  let rows = [];
  let tag = '';
  let status = 'I';
  /** @type {Record<string, string | undefined> | undefined} */
  let error;
  for (const message of messages) {
    if (message instanceof Error) {
      const { code, constraint, table, column } = message;
      error ??= { code, message: message.message, constraint, table, column };
    } else if (message.name === 'rowDescription') {
      columns = (message.fields ?? []).map(columnOf);
      rows = [];
    } else if (message.name === 'dataRow') rows.push(message.fields);
    else if (message.name === 'commandComplete') tag = message.text ?? '';
    else if (message.name === 'readyForQuery') status = message.status ?? 'I';
  }
  return { columns, rows, tag, status, error };
}

/** @param {unknown} field */
function columnOf(field) {
  const { name, dataTypeID } = /** @type {{ name: string, dataTypeID: number }} */ (field);
  return { name, type: dataTypeID };
}
