/** What one `GRANT … ON … TO …` gives. */
interface Grant {
  readonly privileges: readonly string[];
  readonly database: RegExp;
  /** `*` for all. */
  readonly table: string;
}

const quotedName = '(\\*|`(?:[^`]|``)*`|"(?:[^"]|"")*"|[\\w$]+)';
const pattern = new RegExp(`^GRANT (.+?) ON (?:TABLE )?${quotedName}\\.${quotedName} TO `, 'i');

/** MariaDB's roles have no host, and what they may is listed. */
const mysqlRole = /^GRANT \S+@\S+ TO /i;

/**
 * What a dump lacks without a word because its user may not even know of it, for people. A server lists to a user what the user has some
 * right to, and `mysqldump` takes the list for all there is; where a list is refused, it fails by itself.
 *
 * @param grants - The lines of `SHOW GRANTS`. Source: MariaDB, "GRANT"; MySQL, "Privileges Provided by MySQL".
 */
export function unseenByUser(grants: readonly string[], database: string): readonly string[] {
  if (grants.some((line) => mysqlRole.test(line))) return []; // what the role may, MySQL does not list
  const given = grants.flatMap(grantOf);
  const may = (wanted: readonly string[], where: string, table = '*'): boolean =>
    given.some(
      (grant) =>
        grant.privileges.some((one) => one.startsWith('ALL PRIVILEGES') || wanted.includes(one)) &&
        grant.database.test(where) &&
        (grant.table === '*' || grant.table === table),
    );
  const warnings: string[] = [];
  if (!may(['SELECT'], database))
    warnings.push('tables that its user may not read are not in it: GRANT SELECT on the whole database');
  if (!may(['TRIGGER'], database))
    warnings.push('its user may not see triggers, so there are none in it: GRANT TRIGGER');
  if (
    !may(['EXECUTE', 'CREATE ROUTINE', 'ALTER ROUTINE', 'SHOW_ROUTINE'], database) &&
    !may(['SELECT'], 'mysql', 'proc')
  )
    warnings.push(
      'its user may not see routines of others, so there are none in it: GRANT SELECT ON mysql.proc, or SHOW_ROUTINE on MySQL',
    );
  return warnings;
}

function grantOf(line: string): readonly Grant[] {
  const [, privileges = '', database = '', table = ''] = pattern.exec(line) ?? [];
  if (privileges === '') return [];
  return [
    {
      // Rights to single columns stand in brackets, and are none to the table.
      privileges: privileges
        .toUpperCase()
        .split(/,\s*(?![^(]*\))/)
        .map((one) => one.trim()),
      database: likePattern(unquoted(database)),
      table: unquoted(table),
    },
  ];
}

function unquoted(name: string): string {
  const quote = name[0] ?? '';
  return quote === '`' || quote === '"' ? name.slice(1, -1).replaceAll(quote + quote, quote) : name;
}

/** The name of a database in a grant is a pattern of LIKE, with `\` before what is meant as it is; `*` is any. */
function likePattern(name: string): RegExp {
  if (name === '*') return /^/;
  const source = name.replaceAll(/\\([\s\S])|([%_])|([^\\%_])/g, (_all, escaped, wild, plain) => {
    if (wild !== undefined) return wild === '%' ? '[\\s\\S]*' : '[\\s\\S]';
    return String(escaped ?? plain).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'i');
}
