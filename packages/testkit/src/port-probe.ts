import { connect } from 'node:net';

/** Resolves when something accepts a connection on the port of 127.0.0.1. */
export function portAnswers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 5_000 }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error(`Port ${port} did not answer within 5 s.`)));
  });
}
