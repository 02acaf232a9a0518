/**
 * The records of a tar archive's extended header, such as `19 size=9663676416\n`. Values may hold anything, so each record is found
 * by its length. Source: POSIX.1-2017, pax, "pax Extended Header".
 */
export function paxRecords(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 12), 10);
    if (!(length > 0)) break;
    const text = bytes.toString('utf8', at, at + length);
    const [, key = '', value = ''] = /^\d+ ([^=]+)=([\s\S]*)\n$/.exec(text) ?? [];
    records.set(key, value);
    at += length;
  }
  return records;
}
