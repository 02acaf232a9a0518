import type { SqlDialect } from '@seaworthy/contracts';
import { remembered } from '../sql/remembered.js';
import { withoutComments } from '../sql/without-comments.js';

/** Where a statement may begin: a text can hold several. */
const beginning = String.raw`(?:^|;)[\s(]*`;

/** What the text shows anywhere, also inside another statement. */
const anywhere = [
  String.raw`\bcreate\s+(?:or\s+replace\s+)?(?:global\s+|local\s+)?temp(?:orary)?\b`,
  String.raw`\binto\s+(?:global\s+|local\s+)?temp(?:orary)?\b`,
  String.raw`\bpg_temp`,
  String.raw`\bupdate\s+(?:pg_catalog\s*\.\s*)?"?pg_settings\b`,
  String.raw`set_config"?\s*\(`,
  String.raw`\bpg_(?:try_)?advisory_lock`,
  String.raw`\bget_lock\s*\(`,
  ':=',
  String.raw`\binto\s+@`,
];

/** On PostgreSQL these end with the transaction. `do` and `call` run what cannot be seen. */
const postgresWords = String.raw`set\b(?!\s+(?:local|transaction|constraints)\b)|reset\b|discard\b|deallocate\b|listen\b|prepare\b|execute\b|declare\b|load\b|do\b|call\b`;

/**
 * On MySQL `set local` is `set session`, and `set transaction` outside of one waits for the next. MariaDB takes the statements of
 * procedures on their own too.
 */
const mysqlWords = String.raw`set\b|use\b|prepare\b|execute\b|load\b|do\b|call\b|flush\b|lock\s|handler\b|xa\b|begin\s+not\b|(?:if|case|loop|while|repeat|for)\b`;

/**
 * Statements after which the next borrower would find a changed session: settings, temporary tables, prepared statements,
 * listeners, session locks.
 */
const patterns: Readonly<Record<SqlDialect, RegExp>> = {
  postgres: new RegExp([`${beginning}(?:${postgresWords})`, ...anywhere].join('|'), 'i'),
  mysql: new RegExp([`${beginning}(?:${mysqlWords})`, ...anywhere].join('|'), 'i'),
};

const looks = {
  postgres: remembered((text) => patterns.postgres.test(withoutComments(text, 'postgres'))),
  mysql: remembered((text) => patterns.mysql.test(withoutComments(text, 'mysql'))),
} as const satisfies Readonly<Record<SqlDialect, (text: string) => boolean>>;

/** Whether `text` leaves something behind in its session. A false alarm costs one round trip. */
export function changesSession(text: string, dialect: SqlDialect): boolean {
  return looks[dialect](text);
}
