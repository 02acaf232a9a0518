import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** As much as the kernel keeps for a socket, so that one read takes all of it. */
const bufferBytes = 256 * 1024;

/** Of a socket's address on macOS; Linux has four more. Beyond it Node cuts the name off and says nothing. */
const maxPathBytes = 103;

/** What a program writes, read into one buffer over and over. */
export interface OutputPipe {
  /** Given to the program as its standard output, and closed here once it runs. */
  readonly writer: Socket;
  /** Ends when the program has closed its end; gives no chunks of its own. */
  readonly reader: Socket;
  /** Takes each chunk, which is good until `reader.resume()`: the reader pauses before each call. */
  onChunk(listener: (chunk: Buffer) => void): void;
  /** Closes both ends. */
  close(): void;
}

/**
 * A pipe from a program to us that costs no memory per read: Node gives every read of a child's own pipe 64 kB, and to collect them
 * took a quarter of the CPU time of a whole backup. `undefined` where the temporary folder can hold no socket: it is not there,
 * or its name is too long for one.
 */
export async function openOutputPipe(): Promise<OutputPipe | undefined> {
  // Only this user can enter it.
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-pipe-')).catch(() => undefined);
  if (folder === undefined) return undefined;
  const path = join(folder, 'pipe');
  const server = createServer({ pauseOnConnect: true });
  try {
    if (Buffer.byteLength(path) > maxPathBytes) return undefined;
    server.listen(path);
    await once(server, 'listening');
    return await connectTo(path, once(server, 'connection'));
  } catch {
    return undefined;
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function connectTo(path: string, accepted: Promise<readonly unknown[]>): Promise<OutputPipe> {
  const buffer = Buffer.allocUnsafe(bufferBytes);
  let listener: (chunk: Buffer) => void = () => undefined;
  const reader = connect({
    path,
    onread: {
      buffer,
      callback(bytes) {
        reader.pause();
        listener(buffer.subarray(0, bytes));
        return true;
      },
    },
  });
  reader.pause(); // until somebody listens: what came before would be lost
  reader.on('error', () => undefined); // a pipe that breaks closes, too
  const connected = once(reader, 'connect');
  const [[writer]] = await Promise.all([accepted, connected]);
  if (!(writer instanceof Socket)) throw new TypeError('a server gave no socket');
  return {
    writer,
    reader,
    onChunk(next) {
      listener = next;
      reader.resume();
    },
    close() {
      writer.destroy();
      reader.destroy();
    },
  };
}
