import type { SecureContextOptions } from 'node:tls';

/**
 * TLS 1.2 and 1.3 with forward secrecy and authenticated encryption, no CBC and no SHA-1: Mozilla's "intermediate" of its Server
 * Side TLS guidelines 5.7, without the finite-field groups.
 */
export const tlsProfile: SecureContextOptions & { readonly honorCipherOrder: boolean } = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
  ecdhCurve: 'X25519:prime256v1:secp384r1',
  honorCipherOrder: false,
};
