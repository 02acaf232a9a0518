import { chmod, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Authority, createAuthority, freePort, type Server, startNginx } from '@seaworthy/testkit';
import type { RunningApplications } from './running-applications.js';

/** nginx in front of both applications, with the configuration that is deployed. */
export interface TlsProxy extends AsyncDisposable {
  /** `https://localhost:…`, of an authority that only the test knows. */
  readonly kpi: string;
  readonly crm: string;
  /** Where plain HTTP is sent on from. */
  readonly plain: string;
  readonly authority: Authority;
  readonly nginx: Server;
}

const path = fileURLToPath(new URL('../../../examples/deploy/nginx.conf', import.meta.url));

/** Starts it with other ports, and with certificates of an authority of its own. */
export async function startTlsProxy({ kpi, crm }: RunningApplications): Promise<TlsProxy> {
  const authority = await createAuthority();
  const { certPath, keyPath } = await authority.issue('applications', 'DNS:localhost,IP:127.0.0.1');
  await chmod(keyPath, 0o644); // nginx runs as another user here
  const [plainPort, crmPort] = [await freePort(), await freePort()];
  let tlsServers = 0;
  const config = (await readFile(path, 'utf8'))
    .replaceAll('listen 443', () => {
      tlsServers += 1;
      return `listen 127.0.0.1:${tlsServers === 1 ? '{{port}}' : crmPort}`;
    })
    .replaceAll('listen 80', `listen 127.0.0.1:${plainPort}`)
    .replaceAll('https://$host', 'https://$host:{{port}}')
    .replaceAll('127.0.0.1:30002', `127.0.0.1:${kpi.port}`)
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${crm.port}`)
    .replaceAll(/\/etc\/letsencrypt\/live\/[\w.]+\/fullchain\.pem/g, certPath)
    .replaceAll(/\/etc\/letsencrypt\/live\/[\w.]+\/privkey\.pem/g, keyPath);
  const nginx = await startNginx({ config });
  return {
    kpi: `https://localhost:${nginx.port}`,
    crm: `https://localhost:${crmPort}`,
    plain: `http://localhost:${plainPort}`,
    authority,
    nginx,
    async [Symbol.asyncDispose]() {
      await nginx.close();
      await authority[Symbol.asyncDispose]();
    },
  };
}
