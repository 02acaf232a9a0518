import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  createAuthority,
  describeWith,
  findProgram,
  freePort,
  startNginx,
  waitFor,
} from '@seaworthy/testkit';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const deployed = fileURLToPath(new URL('../../examples/deploy/nginx.conf', import.meta.url));
const name = 'kpi.example.com';

/** A process that ends with the test. */
function running(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child: ChildProcess = spawn(findProgram(program) ?? program, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: 'ignore',
  });
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
    },
  };
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

/** A connection to whatever has the name, trusted or not. */
function connected(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: name, rejectUnauthorized: false }, () =>
      resolve(socket),
    );
    socket.once('error', reject);
  });
}

async function served(port: number): Promise<{ readonly issuer: string; readonly serial: string }> {
  const socket = await connected(port);
  const { issuer, serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return { issuer: String(issuer.CN), serial: serialNumber };
}

function asked(socket: TLSSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (data) => resolve(data.toString()));
    socket.once('error', reject);
    socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
  });
}

describeWith(['nginx', 'openssl', 'pebble', 'certbot'], 'certbot with the deployed nginx', () => {
  it('[row 26] gets a certificate from an ACME authority, nginx serves it, and after a renewal the hook lets nginx take the new one', async () => {
    await using authority = await createAuthority();
    const { certPath, keyPath } = await authority.issue('pebble', 'DNS:localhost,IP:127.0.0.1');
    const [acme, management, dns, dnsManagement, plain, unused] = (await Promise.all(
      Array.from({ length: 6 }, () => freePort()),
    )) as [number, number, number, number, number, number];
    const folder = await mkdtemp(join(tmpdir(), 'seaworthy-acme-'));
    const webroot = join(folder, 'www');
    const letsencrypt = join(folder, 'letsencrypt');
    // Here nginx runs as another user, and so does what writes for it.
    const { stdout: ids } = await run('id', ['-u', 'www-data']);
    const uid = Number(ids);
    await mkdir(webroot);
    for (const path of [folder, webroot]) await chown(path, uid, uid);

    await using _dns = running('pebble-challtestsrv', [
      ...['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${dns}`],
      ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-management', `127.0.0.1:${dnsManagement}`],
    ]);
    const settings = {
      listenAddress: `127.0.0.1:${acme}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: certPath,
      privateKey: keyPath,
      httpPort: plain,
      tlsPort: unused,
    };
    await writeFile(join(folder, 'pebble.json'), JSON.stringify({ pebble: settings }));
    await using _pebble = running(
      'pebble',
      ['-config', join(folder, 'pebble.json'), '-dnsserver', `127.0.0.1:${dns}`],
      { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' },
    );
    for (const port of [dns, dnsManagement, acme])
      await waitFor(() => listens(port), { what: 'the ACME authority and its names' });

    const backend = createServer((_request, response) => void response.end('kpi'));
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    const [head = '', plainServer = '', tlsServer = ''] = (await readFile(deployed, 'utf8'))
      .replace('listen 80', `listen 127.0.0.1:${plain}`)
      .replace('listen 443', 'listen 127.0.0.1:{{port}}')
      .replace('127.0.0.1:30002', `127.0.0.1:${(backend.address() as AddressInfo).port}`)
      .replaceAll('/etc/letsencrypt', letsencrypt)
      .replaceAll('/var/www/acme', webroot)
      .split(/^(?=server \{)/m);
    const certbot = (command: string, ...args: readonly string[]) =>
      run(
        findProgram('certbot') ?? 'certbot',
        [
          ...[command, '--non-interactive', '--no-random-sleep-on-renew', '--config-dir', letsencrypt],
          ...['--work-dir', join(folder, 'work'), '--logs-dir', join(folder, 'logs')],
          ...['--server', `https://localhost:${acme}/dir`, ...args],
        ],
        {
          uid,
          gid: uid,
          cwd: folder,
          env: { PATH: process.env.PATH, HOME: folder, REQUESTS_CA_BUNDLE: authority.caPath },
        },
      );
    try {
      {
        // The first time there is nothing to serve TLS with.
        await using _first = await startNginx({
          config: `${head}${plainServer}server { listen 127.0.0.1:{{port}}; }`,
        });
        await certbot(
          'certonly',
          ...['--webroot', '-w', webroot, '-d', name, '--agree-tos', '--register-unsafely-without-email'],
        );
      }
      await using nginx = await startNginx({ config: head + plainServer + tlsServer });
      const first = await served(nginx.port);
      expect(first.issuer).toMatch(/^Pebble/);

      const open = await connected(nginx.port);
      expect(await asked(open)).toContain('kpi');
      await certbot('renew', '--force-renewal', '--deploy-hook', `kill -HUP ${nginx.pid}`);
      await waitFor(async () => (await served(nginx.port)).serial !== first.serial, {
        what: 'nginx to serve the renewed certificate',
      });
      expect((await served(nginx.port)).issuer).toMatch(/^Pebble/);
      open.destroy();
    } finally {
      backend.closeAllConnections();
      backend.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 180_000);
});
