import { execFile } from 'node:child_process';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { createTls, type Tls } from '@seaworthy/security/transport';
import { describeWith, findProgram, size } from '@seaworthy/testkit';
import { expect, it } from 'vitest';
import type { RunningApplications } from './running-applications.js';
import type { TlsProxy } from './tls-proxy.js';

const run = promisify(execFile);

interface NodeServer extends AsyncDisposable {
  readonly url: string;
}

/** How long nginx keeps a connection to an application that nobody uses; see its `keepalive_timeout`. */
const nginxKeepsSeconds = 60;

/** TLS and HTTP/2 of nginx with the deployed configuration, and of a Node server with TLS of its own. */
export function transport(applications: () => RunningApplications, proxy: () => TlsProxy): void {
  async function startNode(): Promise<NodeServer> {
    const { certPath, keyPath } = await proxy().authority.issue('node', 'DNS:localhost,IP:127.0.0.1');
    const tls: Tls = await createTls({ certFile: certPath, keyFile: keyPath, every: 0 });
    const server: Server = tls.createServer((_request, response) => void response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `https://localhost:${(server.address() as AddressInfo).port}`,
      async [Symbol.asyncDispose]() {
        server.close();
        await tls.close();
      },
    };
  }

  describeWith(['sslscan'], 'sslscan', () => {
    it('[row 22] finds TLS 1.2 and 1.3 alone, and only suites with forward secrecy and AEAD, at nginx and at Node', async () => {
      await using node = await startNode();
      for (const url of [proxy().kpi, proxy().crm, node.url]) {
        const { protocols, suites, faults, said } = await sslscan(url);
        expect(protocols, said).toEqual({
          'ssl 2': false,
          'ssl 3': false,
          'tls 1.0': false,
          'tls 1.1': false,
          'tls 1.2': true,
          'tls 1.3': true,
        });
        expect(suites.length, said).toBeGreaterThanOrEqual(5);
        for (const suite of suites) {
          expect(suite).toMatch(
            /^(TLSv1\.3 TLS_(AES_128_GCM|AES_256_GCM|CHACHA20_POLY1305)|TLSv1\.2 ECDHE-.*(GCM|CHACHA20))/,
          );
        }
        expect(faults, said).toEqual([]);
      }
    });
  });

  describeWith(['h2load'], 'curl and h2load', () => {
    it(
      '[row 23] speak HTTP/2 with nginx and Node without an error; applications keep connections longer than nginx',
      async () => {
        await using node = await startNode();
        const requests = size({ test: 500, soak: 20_000 });
        for (const url of [proxy().kpi, proxy().crm, node.url]) {
          const curl = [
            '--silent',
            '--show-error',
            '--http2',
            '--cacert',
            proxy().authority.caPath,
            '--output',
            '/dev/null',
          ];
          const { stdout: version } = await run('curl', [
            ...curl,
            '--write-out',
            '%{http_version} %{http_code}',
            `${url}/`,
          ]);
          expect(version, url).toBe('2 200');
          const load = ['-n', String(requests), '-c', '10', '-m', '10', `${url}/`];
          const { stdout } = await run(findProgram('h2load') ?? 'h2load', load, { timeout: 600_000 });
          expect(stdout, url).toContain('Application protocol: h2');
          expect(stdout, url).toContain(`${requests} succeeded, 0 failed, 0 errored, 0 timeout`);
          expect(stdout, url).toContain(`status codes: ${requests} 2xx, 0 3xx, 0 4xx, 0 5xx`);
        }
        const { kpi, crm } = applications();
        for (const host of [...kpi.hosts, ...crm.hosts]) {
          const { headers } = await fetch(`${host}/livez`);
          expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1]), host).toBeGreaterThan(
            nginxKeepsSeconds,
          );
        }
      },
      size({ test: 60_000, soak: 1_800_000 }),
    );

    it('are sent on to https from plain HTTP, to the same name and path', async () => {
      const { stdout } = await run('curl', [
        ...['--silent', '--output', '/dev/null', '--write-out', '%{http_code} %{redirect_url}'],
        ...['--header', 'Host: kpi.example.com', `${proxy().plain}/objectives?search=a`],
      ]);
      expect(stdout).toBe(`301 https://kpi.example.com:${new URL(proxy().kpi).port}/objectives?search=a`);
    });
  });
}

interface Scan {
  readonly protocols: Readonly<Record<string, boolean>>;
  /** Accepted ones: `TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256`. */
  readonly suites: readonly string[];
  /** Compression, renegotiation that the client asks for, Heartbleed. */
  readonly faults: readonly string[];
  readonly said: string;
}

async function sslscan(url: string): Promise<Scan> {
  const { host } = new URL(url);
  const args = ['--no-colour', '--ipv4', '--xml=-', host];
  const { stdout: said } = await run(findProgram('sslscan') ?? 'sslscan', args, { timeout: 300_000 });
  const elements = (name: string): ReadonlyArray<Readonly<Record<string, string>>> =>
    [...said.matchAll(new RegExp(`<${name} ([^>]*)/?>`, 'g'))].map(([, attributes = '']) =>
      Object.fromEntries([...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
    );
  return {
    protocols: Object.fromEntries(
      elements('protocol').map(({ type, version, enabled }) => [`${type} ${version}`, enabled === '1']),
    ),
    suites: elements('cipher').map(({ sslversion, cipher }) => `${sslversion} ${cipher}`),
    faults: [
      ...elements('compression').flatMap(({ supported }) => (supported === '0' ? [] : ['compression'])),
      ...elements('heartbleed').flatMap(({ vulnerable }) => (vulnerable === '0' ? [] : ['heartbleed'])),
      ...elements('renegotiation').flatMap(({ supported, secure }) =>
        supported === '0' || secure === '1' ? [] : ['renegotiation'],
      ),
    ],
    said,
  };
}
