import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that sees the wire: what came, and when the server ended. */
export interface Wire extends AsyncDisposable {
  send(text: string): void;
  /** Resolves when `part` has arrived. */
  seen(part: string): Promise<void>;
  readonly received: string;
  /** `open`, `ended` (FIN) or the code of the error that closed it. */
  readonly state: string;
  closed(): Promise<string>;
}

export async function openWire(port: number): Promise<Wire> {
  const socket: Socket = connect({ port, host: '127.0.0.1' });
  let received = '';
  let state = 'open';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  socket.on('end', () => {
    if (state === 'open') state = 'ended';
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    state = error.code ?? error.message;
  });
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(state)));
  await once(socket, 'connect');
  return {
    send: (text) => void socket.write(text.replaceAll('\n', '\r\n')),
    async seen(part) {
      while (!received.includes(part)) {
        if (state !== 'open') throw new Error(`closed (${state}) without "${part}"; received: ${received}`);
        await Promise.race([once(socket, 'data'), closed]);
      }
    },
    get received() {
      return received;
    },
    get state() {
      return state;
    },
    closed: () => closed,
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

export const get = (path: string): string => `GET ${path} HTTP/1.1\nHost: a\n\n`;
