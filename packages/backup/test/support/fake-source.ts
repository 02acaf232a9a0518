import { Readable } from 'node:stream';
import type { BackupSource } from '@seaworthy/backup';

/** A source without a server, for tests of what happens around the dump. `fails()` makes its next dumps break off. */
export function fakeSource(): BackupSource & { fails(reason: Error | undefined): void } {
  let failure: Error | undefined;
  return {
    engine: 'mysql',
    format: 'sql',
    label: 'mysql at nowhere/fake',
    database: 'fake',
    fails(reason) {
      failure = reason;
    },
    async open() {
      return {
        facts: { serverVersion: '1', system: '0', database: 'fake', tool: 'fake', warnings: [] },
        async dump() {
          const exited = failure === undefined ? Promise.resolve() : Promise.reject(failure);
          exited.catch(() => undefined);
          return {
            name: 'fake',
            stdout: Readable.from([Buffer.from('create table t (a int);\n-- Dump completed\n')]),
            exited,
            kill: () => undefined,
          };
        },
        load: () => Promise.reject(new Error('not here')),
        isEmpty: async () => true,
        close: async () => undefined,
      };
    },
  };
}
