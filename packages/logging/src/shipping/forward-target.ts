import { type Clock, invalidOption, optionsOf, systemClock, withDeadline } from '@seaworthy/contracts';
import type { DeliveryOptions, ShippingTarget, SpooledRecord, Verdict } from './shipping-target.js';

/** What is needed of a `FluentClient` of `@fluent-org/logger`. */
export interface ForwardClient {
  connect(): Promise<void>;
  emit(tag: string, record: Record<string, unknown>, time: Date): Promise<void>;
  shutdown(): Promise<void>;
  socketOn(event: string, listener: (...values: unknown[]) => void): void;
}

/** What the client must be made with: acknowledgements, and no queue and no retries beside the spool's. */
export interface ForwardClientSettings {
  readonly eventMode: 'PackedForward';
  readonly milliseconds: true;
  readonly disableAutoconnect: true;
  readonly ack: { readonly ackTimeout: number };
  readonly socket: { readonly disableReconnect: true; readonly timeout: number };
}

export interface ForwardOptions {
  /** Of every line: `app.logs`. */
  readonly tag: string;
  /** Makes a client; called again after each failure. */
  readonly connect: (settings: ForwardClientSettings) => ForwardClient;
  /** The member of each record that holds the line's id, for `id_key` of the receiver's output. @defaultValue 'log_id' */
  readonly idField?: string;
}

const readOptions = optionsOf<ForwardOptions>('forward', { tag: true, connect: true, idField: true });

/** How long a client that is given up may take to close. */
const closeMs = 1_000;

/**
 * Ships to Fluentd, Fluent Bit or Vector by the forward protocol, and waits for the receiver's acknowledgement.
 *
 * @example
 * forward({
 *   tag: 'app.logs',
 *   connect: (settings) => new FluentClient(null, { ...settings, socket: { ...settings.socket, host: 'fluentd', port: 24224 } }),
 * });
 */
export function forward(options: ForwardOptions): ShippingTarget {
  const { tag, connect, idField = 'log_id' } = readOptions(options);
  if (typeof tag !== 'string' || tag === '') throw invalidOption('forward', 'tag', 'a name');
  if (typeof connect !== 'function')
    throw invalidOption('forward', 'connect', 'a function that makes a FluentClient');
  let connection: Connection | undefined;

  async function deliver(
    records: readonly SpooledRecord[],
    delivery: DeliveryOptions,
  ): Promise<readonly Verdict[]> {
    const current = connection ?? opened(connect(settingsFor(delivery.timeoutMs)));
    const abandoned = new Promise<never>((_resolve, reject) => {
      delivery.signal.addEventListener('abort', () => reject(delivery.signal.reason), { once: true });
    });
    try {
      return await Promise.race([abandoned, current.broken, send(current.client, records)]);
    } catch (error) {
      await giveUp(current);
      throw error;
    }
  }

  function opened(client: ForwardClient): Connection {
    const current = openConnection(client);
    connection = current;
    current.broken.catch(() => giveUp(current)); // in a pause too, so that the next delivery opens another
    return current;
  }

  /** What it still holds would be sent a second time, and out of order, when the receiver comes back. */
  async function giveUp(current: Connection): Promise<void> {
    if (connection === current) connection = undefined;
    await current.close();
  }

  async function send(client: ForwardClient, records: readonly SpooledRecord[]): Promise<Verdict[]> {
    await client.connect();
    const verdicts: Verdict[] = [];
    const acknowledged: Array<Promise<void>> = [];
    for (const { id, timeMs, line } of records) {
      try {
        acknowledged.push(client.emit(tag, { ...JSON.parse(line), [idField]: id }, new Date(timeMs)));
        verdicts.push('stored');
      } catch (error) {
        verdicts.push({
          refused: `it cannot be encoded: ${error instanceof Error ? error.name : 'unknown'}`,
        });
      }
    }
    await Promise.all(acknowledged);
    return verdicts;
  }

  return {
    name: 'forward',
    deliver,
    async close() {
      const current = connection;
      connection = undefined;
      await current?.close();
    },
  };
}

function settingsFor(timeoutMs: number): ForwardClientSettings {
  return {
    eventMode: 'PackedForward',
    milliseconds: true,
    disableAutoconnect: true,
    ack: { ackTimeout: timeoutMs },
    // An idle connection is ended after this. The client takes an acknowledgement that comes later for a fatal error.
    socket: { disableReconnect: true, timeout: timeoutMs * 2 },
  };
}

interface Connection {
  readonly client: ForwardClient;
  /** Rejects when the connection ends: in a delivery, long before the acknowledgement would time out. */
  readonly broken: Promise<never>;
  close(): Promise<void>;
}

function openConnection(client: ForwardClient, clock: Clock = systemClock): Connection {
  if (Reflect.get(client, 'ackEnabled') === false) {
    throw invalidOption(
      'forward',
      'connect',
      'a function that passes on its settings: new FluentClient(null, { ...settings })',
    );
  }
  let destroy: () => void = () => undefined;
  const broken = new Promise<never>((_resolve, reject) => {
    const ended = (): void => reject(Object.assign(new Error('closed'), { code: 'CONNECTION_CLOSED' }));
    client.socketOn('error', reject);
    client.socketOn('close', ended);
    client.socketOn('timeout', ended); // idle; a receiver that does not end its half would keep it open
  });
  client.socketOn('connected', function (this: unknown) {
    destroy = destroyerOf(this);
  });
  return {
    client,
    broken,
    async close() {
      destroy();
      const bound = { timeoutMs: closeMs, what: 'closing the connection', clock };
      await withDeadline(() => client.shutdown(), bound).catch(() => undefined);
    },
  };
}

/** `shutdown()` waits for a peer that does not read; the client's socket, which its events are called on, can be destroyed. */
function destroyerOf(socket: unknown): () => void {
  const close: unknown =
    typeof socket === 'object' && socket !== null ? Reflect.get(socket, 'close') : undefined;
  const fatal = 0; // CloseState.FATAL: it does not connect again
  return typeof close === 'function' ? () => void Reflect.apply(close, socket, [fatal]) : () => undefined;
}
