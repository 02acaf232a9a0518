/** Node's and OpenSSL's codes for a certificate that is not accepted. */
const certificateCode =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(?:GET|VERIFY|DECODE|DECRYPT)_|HOSTNAME_|INVALID_CA|INVALID_PURPOSE)/;

/** Whether an error's `code` says that the other side's certificate was refused, which another attempt does not mend. */
export function isCertificateError(code: string): boolean {
  return certificateCode.test(code);
}
