import { describeWith } from '@seaworthy/testkit';
import { afterAll, beforeAll } from 'vitest';
import { injection } from './attacks/injection.js';
import { observatory } from './attacks/observatory.js';
import { pages } from './attacks/pages.js';
import { type RunningApplications, startApplications } from './attacks/running-applications.js';
import { startTlsProxy, type TlsProxy } from './attacks/tls-proxy.js';
import { transport } from './attacks/transport.js';
import { wapiti } from './attacks/wapiti.js';

describeWith(['postgres', 'mysql', 'nginx', 'openssl'], 'both applications, attacked', () => {
  let running: RunningApplications;
  let tls: TlsProxy;

  beforeAll(async () => {
    running = await startApplications();
    tls = await startTlsProxy(running);
  });
  afterAll(async () => {
    await tls?.[Symbol.asyncDispose]();
    await running?.[Symbol.asyncDispose]();
  });

  const applications = () => running;
  const proxy = () => tls;

  injection(applications);
  transport(applications, proxy);
  pages(applications, proxy);
  observatory(proxy);
  wapiti(applications, proxy);
});
