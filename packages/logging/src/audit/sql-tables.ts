import type { SqlDialect } from '@seaworthy/contracts';

/** The statements that make an audit log's tables. */
export function auditTables(table: string, dialect: SqlDialect): readonly string[] {
  const [text, options] =
    dialect === 'mysql' ? ['mediumtext', ' default charset=utf8mb4 collate=utf8mb4_bin'] : ['text', ''];
  const head = `insert into ${table}_head (id, seq, hash, log, day, since) values (1, -1, '', '', 0, 0)`;
  return [
    `create table if not exists ${table} (seq bigint primary key, recorded_at varchar(32) not null, kind varchar(16) not null, hash char(64) not null, body ${text} not null)${options}`,
    `create table if not exists ${table}_head (id int primary key, seq bigint not null, hash varchar(64) not null, log varchar(36) not null, day int not null, since int not null)${options}`,
    dialect === 'mysql' ? head.replace('insert', 'insert ignore') : `${head} on conflict do nothing`,
  ];
}

/** A row as the line of a file. Its columns must say what its record says: queries and purges go by them, and the chain covers the record alone. */
export function lineOf(row: Readonly<Record<string, unknown>>): Uint8Array {
  return Buffer.from(`${agrees(row) ? String(row.hash) : noHash} ${String(row.body)}`);
}

/** Nothing hashes to it. */
const noHash = '0'.repeat(64);

function agrees(row: Readonly<Record<string, unknown>>): boolean {
  try {
    const { seq, at, type } = JSON.parse(String(row.body));
    return Number(row.seq) === seq && row.recorded_at === at && row.kind === type;
  } catch {
    return true; // the hash says that better
  }
}
