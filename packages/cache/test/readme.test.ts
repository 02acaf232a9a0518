import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith, sharedRedis } from '@seaworthy/testkit';
import { expect, it } from 'vitest';

describeWith(['redis'], 'with Redis', () => {
  it('the example of the README runs as it stands', async () => {
    const { url } = await sharedRedis();
    const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
    const example = /```js\n([\s\S]+?)```/.exec(readme)?.[1] ?? '';
    const script = join(import.meta.dirname, `fixtures/readme-example-${process.pid}.mjs`);
    await writeFile(script, example);
    try {
      const env = { PATH: process.env.PATH, REDIS_URL: url };
      const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
      expect(stdout).toBe('hello\nready\n');
    } finally {
      await rm(script);
    }
  });
});
