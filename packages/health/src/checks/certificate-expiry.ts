import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import {
  type Degraded,
  type DurationInput,
  type HealthCheck,
  invalidOption,
  optionsOf,
  parseDuration,
  wholeNumber,
} from '@seaworthy/contracts';
import { HealthError } from '../errors.js';
import { inWords } from '../words.js';

export interface CertificateLimits {
  /** With no more than this left, the check is degraded. @defaultValue '21d' */
  readonly warn?: DurationInput;
  /** With no more than this left, it fails. @defaultValue '3d' */
  readonly fail?: DurationInput;
}

export interface CertificateAtOptions extends CertificateLimits {
  /** @defaultValue 443 */
  readonly port?: number;
  /** The name to ask for (SNI), where it is not the host. @defaultValue the host, unless that is an address */
  readonly servername?: string;
}

/** What is told about a certificate. */
export interface CertificateFigures {
  readonly expiresAt: string;
  readonly daysLeft: number;
}

const readFileOptions = optionsOf<CertificateLimits>('certificateFile', { warn: true, fail: true });
const readAtOptions = optionsOf<CertificateAtOptions>('certificateAt', {
  warn: true,
  fail: true,
  port: true,
  servername: true,
});

/**
 * Checks how long the certificate in a PEM file is still valid: the first one, which is the server's own. The file is read
 * at every run, so a renewed one is seen.
 *
 * @throws OptionsError for an unknown option or a failure above the warning.
 *
 * @example
 * const checks = { certificate: local(certificateFile('/etc/tls/fullchain.pem'), { interval: '1h', critical: false }) };
 */
export function certificateFile(path: string, options: CertificateLimits = {}): HealthCheck<'local'> {
  const limits = limitsOf('certificateFile', readFileOptions(options));
  return {
    kind: 'local',
    probe: async (signal) => judge(new X509Certificate(await readFile(path, { signal })), limits),
  };
}

/**
 * Checks how long the certificate that a TLS server shows is still valid. Whether it is trusted and whether its name fits is
 * not asked: only when it ends.
 *
 * @throws OptionsError for an unknown option or a failure above the warning.
 *
 * @example
 * const checks = { certificate: remote(certificateAt('shop.example'), { interval: '1h', critical: false }) };
 */
export function certificateAt(host: string, options: CertificateAtOptions = {}): HealthCheck<'remote'> {
  const { port = 443, servername, ...rest } = readAtOptions(options);
  wholeNumber('certificateAt', 'port', port, { min: 1, max: 65_535 });
  const limits = limitsOf('certificateAt', rest);
  return {
    kind: 'remote',
    probe: async (signal) => judge(await certificateOf(host, port, servername, signal), limits),
  };
}

function limitsOf(owner: string, { warn = '21d', fail = '3d' }: CertificateLimits) {
  const limits = { warnMs: parseDuration(warn), failMs: parseDuration(fail) };
  if (limits.failMs > limits.warnMs)
    throw invalidOption(owner, 'warn', 'not below `fail`: it is the time that is left');
  return limits;
}

function judge(
  certificate: X509Certificate,
  { warnMs, failMs }: ReturnType<typeof limitsOf>,
): CertificateFigures | (CertificateFigures & Degraded) {
  const expiresAtMs = Date.parse(certificate.validTo);
  const leftMs = expiresAtMs - Date.now();
  const figures = {
    expiresAt: new Date(expiresAtMs).toISOString(),
    daysLeft: Math.floor(leftMs / 86_400_000),
  };
  if (Date.parse(certificate.validFrom) > Date.now()) throw limitReached('The certificate is not valid yet');
  if (leftMs <= 0) throw limitReached(`The certificate ended on ${figures.expiresAt}`);
  const told = `The certificate ends in ${inWords(leftMs)}`;
  if (leftMs <= failMs) throw limitReached(told);
  return leftMs <= warnMs ? { ...figures, status: 'degraded', reason: `${told}.` } : figures;
}

function limitReached(what: string): HealthError {
  return new HealthError(`${what}. Renew it.`, { code: 'HEALTH_LIMIT_REACHED' });
}

function certificateOf(
  host: string,
  port: number,
  servername: string | undefined,
  signal: AbortSignal,
): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    // Also one that has ended or that nobody trusts has a date. Nothing is sent over this connection.
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ...(servername === undefined ? {} : { servername }),
    });
    const onAbort = (): void => void socket.destroy(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', reject);
    socket.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      reject(
        new HealthError('The server closed the connection without a certificate.', {
          code: 'HEALTH_UNEXPECTED_ANSWER',
        }),
      );
    });
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate !== undefined) resolve(certificate);
      socket.destroy();
    });
    if (signal.aborted) onAbort();
  });
}
