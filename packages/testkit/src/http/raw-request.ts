import { connect } from 'node:net';
import { optionsOf } from '@seaworthy/contracts';

export interface RawRequestOptions {
  readonly port: number;
  /** @defaultValue '127.0.0.1' */
  readonly host?: string;
  /** What goes over the wire, byte for byte (latin1). A line feed alone is sent as carriage return and line feed. */
  readonly text: string;
  /** @defaultValue 10000 */
  readonly timeoutMs?: number;
}

export interface RawResponse {
  readonly status: number;
  /** In the order and spelling of the wire, repeated ones repeated. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The values of one header, whatever its spelling. */
  header(name: string): readonly string[];
  /** As sent: chunked bodies keep their chunk sizes. */
  readonly body: string;
  /** Everything that arrived until the server closed, further responses too. */
  readonly text: string;
}

const readOptions = optionsOf<RawRequestOptions>('rawRequest', {
  port: true,
  host: true,
  text: true,
  timeoutMs: true,
});

/**
 * Sends text over TCP and reads until the server closes: for what no HTTP client lets one send, and for headers as they
 * are on the wire. Ask for `Connection: close`, or it waits for the server's keep-alive to end.
 *
 * @throws Error when nothing that looks like HTTP came within the time.
 *
 * @example
 * const reply = await rawRequest({ port, text: 'GET /hello HTTP/1.1\nHost: a\nConnection: close\n\n' });
 * expect(reply.header('x-powered-by')).toEqual([]);
 */
export function rawRequest(options: RawRequestOptions): Promise<RawResponse> {
  const { port, host = '127.0.0.1', text, timeoutMs = 10_000 } = readOptions(options);
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, allowHalfOpen: true });
    const parts: Buffer[] = [];
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const received = Buffer.concat(parts).toString('latin1');
      const response = parse(received);
      if (response === undefined) {
        reject(
          new Error(
            `No HTTP response from ${host}:${port}; received: ${JSON.stringify(received.slice(0, 200))}`,
          ),
        );
      } else resolve(response);
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', finish);
    socket.on('end', finish);
    socket.write(text.replace(/\r?\n/g, '\r\n'), 'latin1');
  });
}

function parse(text: string): RawResponse | undefined {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end === -1 ? 0 : end).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) return undefined;
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return {
    status,
    headers,
    header: (name) =>
      headers.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value),
    body: text.slice(end + 4),
    text,
  };
}
