import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { waitFor } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { createLogger, file } from '../../src/index.js';
import { tempFolder } from '../support/temp-folder.js';

const configuration = (name: string): string =>
  readFileSync(new URL(`../../shipping/${name}`, import.meta.url), 'utf8');

/** Directives of a section: `path`, `tag`. Sections inside it count as part of it. */
function section(text: string, opening: string): Readonly<Record<string, string>> {
  const kind = opening.slice(1).split(/[ >]/)[0] ?? '';
  const body = text.slice(
    text.indexOf(opening) + opening.length,
    text.indexOf(`</${kind}>`, text.indexOf(opening)),
  );
  return Object.fromEntries(
    [...body.matchAll(/^ {2}(@?\w+) (.+)$/gm)].map(([, name, value]) => [name, value]),
  );
}

test('[row 89] fluentd.conf tails /app/logs/*.log with a pos_file as app.logs, and stores in kpi-logs at elasticsearch:9200', () => {
  const text = configuration('fluentd.conf');
  expect(section(text, '<source>')).toMatchObject({
    '@type': 'tail',
    path: '/app/logs/*.log',
    pos_file: '/var/log/fluentd/app.log.pos',
    tag: 'app.logs',
  });
  expect(section(text, '<match app.logs>')).toMatchObject({
    '@type': 'elasticsearch',
    host: 'elasticsearch',
    port: '9200',
    index_name: 'kpi-logs',
  });
});

describe.each(['fluent-bit.yaml', 'vector.yaml'])('%s', (name) => {
  test('has the same values', () => {
    const text = configuration(name);
    expect(text).toMatch(/^ *(path:|-) \/app\/logs\/\*\.log$/m);
    expect(text).toMatch(/index: kpi-logs$/m);
    expect(text).toMatch(/(host: elasticsearch\n *port: 9200|http:\/\/elasticsearch:9200)$/m);
  });
});

test('the hosted CI gives each of them to its program', () => {
  const workflow = readFileSync(new URL('../../../../.github/workflows/ci.yml', import.meta.url), 'utf8');
  expect(workflow).toContain('fluentd --dry-run -c /shipping/fluentd.conf');
  expect(workflow).toMatch(/fluent\/fluent-bit:\S+\s+-c \/shipping\/fluent-bit.yaml --dry-run/);
  expect(workflow).toMatch(/timberio\/vector:\S+\s+validate --no-environment \/shipping\/vector.yaml/);
  expect(workflow).toMatch(/needs: \[[^\]]*shipping/);
});

test('[row 89] what rotation puts aside matches the glob that is tailed neither before nor after it is compressed', async () => {
  const [, pattern = ''] = /^ {2}path (.+)$/m.exec(configuration('fluentd.conf')) ?? [];
  const tailed = (name: string): boolean => {
    const glob = basename(pattern)
      .split('*')
      .map((part) => part.replaceAll('.', '\\.'))
      .join('[^/]*');
    return new RegExp(`^${glob}$`).test(name);
  };
  const folder = tempFolder();
  const path = join(folder, 'combined.log');
  const seen = new Set<string>();
  for (const gzip of [false, true]) {
    const sink = file(path, { mode: 'sync', rotate: { size: '10kb', every: 'day' }, gzip });
    const log = createLogger({ service: 's', environment: 'e', process: false, sinks: [sink] });
    for (let index = 0; index < 300; index += 1) {
      log.info('line', { index });
      if (index % 50 === 0) for (const name of readdirSync(folder)) seen.add(name);
    }
    if (gzip)
      await waitFor(() => readdirSync(folder).some((name) => name.endsWith('.gz')), { what: 'a copy' });
    for (const name of readdirSync(folder)) seen.add(name);
    await log.close();
  }
  expect(seen.size).toBeGreaterThan(5);
  expect([...seen].filter(tailed)).toEqual(['combined.log']);
});
