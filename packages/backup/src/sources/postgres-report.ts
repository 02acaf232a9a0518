/** What to do about the ones that dumps and restores meet. Source: PostgreSQL's "Error Codes" appendix. */
const advice: Readonly<Record<string, string>> = {
  '0A000': 'an extension of the dump is not installed on the machine of the target, or the target is too old',
  '23505': 'duplicate key: the target holds data already',
  '42501': 'the user of the target may not do this',
  '42704': 'a role, extension or type of the dump does not exist on the target: create it first',
  '42710': 'an object of that name exists already: restore into an empty database',
  '42723': 'a function of that name exists already: restore into an empty database',
  '42P06': 'a schema of that name exists already: restore into an empty database',
  '42P07': 'a table of that name exists already: restore into an empty database',
  '55P03': 'a schema change held its lock for longer than lockWaitTimeout',
  '53100': 'the disk of the target is full',
};

/**
 * What psql may say about a failed restore: the place and the SQLSTATE. The server's own words would quote rows
 * ("Key (email)=(…) already exists"), so the restore asks for states only, and anything else is cut off here.
 */
export function postgresReport(stderr: string): string {
  const lines = stderr.split('\n').flatMap((line) => {
    const state = /^psql:[^:]*:(\d+): (?:ERROR|FATAL):\s+([0-9A-Z]{5})$/.exec(line);
    if (state !== null) {
      const [, at = '?', code = ''] = state;
      return [`SQLSTATE ${code} at line ${at}${code in advice ? ` (${advice[code]})` : ''}`];
    }
    return /^psql: error: connection|^connection to server/.test(line) ? [line] : [];
  });
  return lines.slice(0, 3).join('; ');
}
