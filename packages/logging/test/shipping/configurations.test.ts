import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createLogger, file } from '../../src/index.js';
import { tempFolder } from '../support/temp-folder.js';

const configuration = (name: string): string =>
  readFileSync(new URL(`../../shipping/${name}`, import.meta.url), 'utf8');

type Tree = { readonly [name: string]: string | Tree };

/** Fluentd's format: directives, and sections under `<match app.logs>`, each with its own. */
function fluentdTree(text: string): Tree {
  const sections: Array<Record<string, string | Tree>> = [{}];
  for (const line of text.split('\n').map((part) => part.trim())) {
    const inner = sections.at(-1) ?? {};
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('</')) sections.pop();
    else if (line.startsWith('<')) {
      const section = {};
      inner[line] = section;
      sections.push(section);
    } else inner[line.slice(0, line.indexOf(' '))] = line.slice(line.indexOf(' ') + 1);
  }
  expect(sections).toHaveLength(1);
  return sections[0] ?? {};
}

test('[row 89] fluentd.conf tails /app/logs/*.log with a pos_file as app.logs, and stores in kpi-logs at elasticsearch:9200', () => {
  const tree = fluentdTree(configuration('fluentd.conf'));
  expect(tree['<source>']).toMatchObject({
    '@type': 'tail',
    path: '/app/logs/*.log',
    pos_file: '/var/log/fluentd/app.log.pos',
    tag: 'app.logs',
    read_from_head: 'true',
  });
  expect(tree['<match app.logs>']).toMatchObject({
    '@type': 'elasticsearch',
    host: 'elasticsearch',
    port: '9200',
    index_name: 'kpi-logs',
  });
});

test('fluentd.conf gives up no line: its ids make a retry harmless, and what is refused goes to a file', () => {
  const tree = fluentdTree(configuration('fluentd.conf'));
  expect(tree['<filter app.logs>']).toEqual({ '@type': 'elasticsearch_genid', hash_id_key: '_hash' });
  expect(tree['<match app.logs>']).toMatchObject({
    id_key: '_hash',
    remove_keys: '_hash',
    write_operation: 'create',
    unrecoverable_error_types: '["out_of_memory_error"]', // by default 429 is one
    '<buffer>': { '@type': 'file', retry_forever: 'true', overflow_action: 'block' },
  });
  expect(tree['<label @ERROR>']).toMatchObject({ '<match **>': { '@type': 'file', append: 'true' } });
});

test('fluent-bit.yaml has the same values, ids that tell equal lines apart, and an end to its tries', () => {
  expect(parse(configuration('fluent-bit.yaml'))).toEqual({
    service: {
      flush: 5,
      http_server: 'off',
      'storage.path': '/var/log/fluent-bit/buffer',
      'storage.sync': 'normal',
      'storage.backlog.mem_limit': '16M',
      'scheduler.base': 5,
      'scheduler.cap': 60,
    },
    parsers: [
      {
        name: 'json_lines',
        format: 'json',
        time_key: 'timestamp',
        time_format: '%Y-%m-%dT%H:%M:%S.%LZ',
        time_keep: 'on',
      },
    ],
    pipeline: {
      inputs: [
        {
          name: 'tail',
          path: '/app/logs/*.log',
          tag: 'app.logs',
          db: '/var/log/fluent-bit/app.logs.db',
          parser: 'json_lines',
          read_from_head: 'on',
          refresh_interval: 5,
          rotate_wait: 30,
          skip_long_lines: 'on',
          buffer_max_size: '256k',
          'storage.type': 'filesystem',
          path_key: 'log_file',
          offset_key: 'log_offset',
        },
      ],
      outputs: [
        {
          name: 'es',
          match: 'app.logs',
          host: 'elasticsearch',
          port: 9200,
          index: 'kpi-logs',
          suppress_type_name: 'on',
          generate_id: 'on',
          write_operation: 'create',
          buffer_size: '16M',
          'storage.total_limit_size': '1G',
          retry_limit: 1_000,
        },
      ],
    },
  });
});

test('vector.yaml has the same values, and sends again what Elasticsearch took in part', () => {
  const { data_dir, sources, transforms, sinks } = parse(configuration('vector.yaml'));
  expect({ data_dir, sources, sinks }).toEqual({
    data_dir: '/var/lib/vector',
    sources: {
      app_logs: {
        type: 'file',
        include: ['/app/logs/*.log'],
        read_from: 'beginning',
        max_line_bytes: 262_144,
        fingerprint: { strategy: 'device_and_inode' },
      },
    },
    sinks: {
      elasticsearch: {
        type: 'elasticsearch',
        inputs: ['app_lines'],
        endpoints: ['http://elasticsearch:9200'],
        mode: 'bulk',
        id_key: 'log_id',
        request_retry_partial: true,
        bulk: { action: 'create', index: 'kpi-logs' },
        buffer: { type: 'disk', max_size: 1_073_741_824, when_full: 'block' },
        acknowledgements: { enabled: true },
      },
    },
  });
  expect(transforms).toMatchObject({ app_lines: { type: 'remap', inputs: ['app_logs'] } });
  expect(transforms.app_lines.source).toContain('.log_id = uuid_v7()');
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
