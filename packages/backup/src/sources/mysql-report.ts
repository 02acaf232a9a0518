/** What to do about the ones that a restore meets. Source: MySQL's "Server Error Message Reference". */
const advice: Readonly<Record<string, string>> = {
  '1044': 'the user of the target may not do this',
  '1049': 'the target database does not exist: create it first',
  '1050': 'a table of that name exists already: restore into an empty database',
  '1114': 'the disk of the target is full',
  '1153': 'a row is longer than the target takes: raise its max_allowed_packet, to 1G if need be',
  '1227': 'the dump names a DEFINER that only an administrator may set: restore as one',
  '1304': 'a routine of that name exists already: restore into an empty database',
  '1359': 'a trigger of that name exists already: restore into an empty database',
  '2006':
    'it went away, as it does when a row is longer than its max_allowed_packet: raise that, to 1G if need be',
};

/** A failing import repeats the whole statement, rows and all: only number, state and line may be shown. */
export function mysqlReport(stderr: string): string {
  return [...stderr.matchAll(/^ERROR (\d+) \(\w+\)(?: at line \d+)?/gm)]
    .slice(-3)
    .map(([text, code = '']) => (code in advice ? `${text} (${advice[code]})` : text))
    .join('; ');
}
