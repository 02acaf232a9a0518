import { createFakeClock } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { createDb, sql } from '../src/index.js';
import { PipelineServer } from './support/fake-pipeline.js';
import { kindOf } from './support/refused.js';

test('does not say that it is unknown what a COMMIT did that was never sent', async () => {
  const clock = createFakeClock();
  const server = new PipelineServer(clock, () => 0.5);
  const db = createDb(server.driver, { connection: {}, clock, random: () => 0.5 });
  const work = db.transaction(
    async (tx) => {
      await tx.exec(sql`insert into t select 3, ${1}`);
      server.cut(1);
    },
    { retry: false },
  );
  const kind = work.then(() => 'done', kindOf);
  await clock.advance(1_000);
  expect(await kind).toBe('connection_lost');
  const closing = db.close();
  await clock.advance(20_000);
  await closing;
});
