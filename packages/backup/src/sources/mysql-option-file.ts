import type { DatabaseUrl } from './database-url.js';

/** What MySQL's clients read instead of arguments. Double quotes keep `#` and blanks; the backslash is the escape character within. */
export function mysqlOptionFile({ host, port, user, password, parameters }: DatabaseUrl): string {
  const quoted = (value: string): string => `"${value.replaceAll('\\', '\\\\')}"`;
  const socket = parameters.get('socket');
  const ca = parameters.get('ssl-ca');
  const lines = [
    '[client]',
    ...(socket === null
      ? [`host=${quoted(host)}`, `port=${port}`, 'protocol=tcp']
      : [`socket=${quoted(socket)}`]),
    ...(user === '' ? [] : [`user=${quoted(user)}`]),
    ...(password === '' ? [] : [`password=${quoted(password)}`]),
    ...(ca === null ? [] : [`ssl-ca=${quoted(ca)}`, 'ssl-verify-server-cert']),
  ];
  return `${lines.join('\n')}\n`;
}
