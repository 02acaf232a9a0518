import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { decodeMulti, decodeMultiStream, ExtensionCodec, encode } from '@msgpack/msgpack';
import { onTestFinished } from 'vitest';
import type { Line } from './memory-sink.js';

export interface ForwardedEvent {
  readonly tag: string;
  /** Seconds since the epoch, with their fraction. */
  readonly time: number;
  readonly record: Line;
}

/** Speaks the Forward Protocol v1: PackedForward, EventTime, and `ack` for each chunk. */
export interface ForwardReceiver {
  readonly port: number;
  /** Every event that came, in the order of its arrival; one that came twice stands here twice. */
  readonly events: readonly ForwardedEvent[];
  /** What each chunk gets. */
  mode: 'ack' | 'silence' | 'reset before the ack';
  connections: number;
  /** Ends every connection. */
  disconnect(): void;
}

export async function forwardReceiver(
  options: { readonly tls?: { readonly key: string; readonly cert: string } } = {},
): Promise<ForwardReceiver> {
  const events: ForwardedEvent[] = [];
  const sockets = new Set<Socket>();
  const receiver = {
    port: 0,
    events,
    mode: 'ack' as ForwardReceiver['mode'],
    connections: 0,
    disconnect() {
      for (const socket of sockets) socket.end();
    },
  };

  async function serve(socket: Socket): Promise<void> {
    receiver.connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    for await (const message of decodeMultiStream(socket, { extensionCodec: eventTime })) {
      const [tag, packed, option] = message as [string, Uint8Array, { chunk?: string; size?: number }];
      const entries = [...decodeMulti(packed, { extensionCodec: eventTime })] as Array<[number, Line]>;
      if (option.size !== undefined && option.size !== entries.length) throw new Error('A wrong size.');
      for (const [time, record] of entries) events.push({ tag, time, record });
      if (receiver.mode === 'reset before the ack') socket.resetAndDestroy();
      else if (receiver.mode === 'ack' && option.chunk !== undefined)
        socket.write(encode({ ack: option.chunk }));
    }
  }

  const onSocket = (socket: Socket): void => void serve(socket).catch(() => socket.destroy());
  const server = options.tls === undefined ? createServer(onSocket) : createTlsServer(options.tls, onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.port = (server.address() as AddressInfo).port;
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return receiver;
}

/** Extension type 0: seconds and nanoseconds, 32 bits each. */
const eventTime = new ExtensionCodec();
eventTime.register({
  type: 0,
  encode: () => null,
  decode: (data) => {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return view.getUint32(0) + view.getUint32(4) / 1e9;
  },
});
