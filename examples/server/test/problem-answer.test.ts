import type { LogFields } from '@seaworthy/contracts';
import { silentLogger } from '@seaworthy/contracts';
import { createDb, sql } from '@seaworthy/db-pool';
import { postgres } from '@seaworthy/db-pool/postgres';
import { freePort } from '@seaworthy/testkit';
import pg from 'pg';
import { expect, it } from 'vitest';
import { ApiError } from '../src/api-error.js';
import { problemAnswers } from '../src/problem-answer.js';

const request = { method: 'GET', route: '/teams', requestId: 'r1' };

function recorded() {
  const lines: [string, LogFields | undefined][] = [];
  const keep = (level: string) => (_message: string, fields?: LogFields) => lines.push([level, fields]);
  return { lines, logger: { ...silentLogger, error: keep('error'), warn: keep('warn') } };
}

it('asks to try again while the database is away, logs why, and tells the client nothing of it', async () => {
  const port = await freePort();
  await using db = createDb(postgres(pg), {
    url: `postgres://kpi:canary@127.0.0.1:${port}/kpi`,
    deadline: { acquire: '200ms' },
  });
  const error = await db.many(sql`select 1`).catch((failure: unknown) => failure);
  const { lines, logger } = recorded();
  const problem = problemAnswers(logger, { detailed: false })(error, request);
  expect(problem).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE', requestId: 'r1' });
  expect(JSON.stringify(problem)).not.toContain(String(port));
  expect(lines).toEqual([['error', { method: 'GET', route: '/teams', error }]]);
});

it('logs what is ours and not what the client did', () => {
  const { lines, logger } = recorded();
  const answer = problemAnswers(logger, { detailed: false });
  expect(answer(new ApiError(404, 'TEAM_NOT_FOUND', 'No such team.'), request).status).toBe(404);
  expect(lines).toEqual([]);
  expect(answer(new Error('canary'), request)).toMatchObject({ status: 500, code: 'INTERNAL' });
  expect(lines.map(([level]) => level)).toEqual(['error']);
});
