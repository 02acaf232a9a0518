import { bareSql } from './bare-sql.js';
import { bareOnlyReads } from './only-reads.js';
import { remembered } from './remembered.js';

/** What stands before a parenthesis without being a function. */
const keywords =
  'all and any as between by case cast distinct else except exists filter from group having ilike in intersect is join lateral like limit materialized not offset on or order over row select sets some then union using values when where';

const types = 'bit char decimal interval numeric time timestamp timestamptz varchar';

/** Built-in functions of PostgreSQL and MySQL that change nothing: not a row, not the session, not a lock. */
const functions = [
  'abs age array_agg array_length array_to_string avg bool_and bool_or btrim ceil ceiling char_length clock_timestamp',
  'coalesce concat concat_ws connection_id convert count current_database current_date current_schema current_setting',
  'current_time current_timestamp database date date_add date_format date_part date_sub date_trunc datediff day',
  'dayofweek dense_rank every extract first_value floor format from_unixtime gen_random_uuid generate_series greatest',
  'group_concat hour if ifnull initcap instr isnull json_agg json_array json_array_elements json_array_length',
  'json_arrayagg json_build_array json_build_object json_contains json_extract json_object json_object_agg',
  'json_objectagg json_unquote jsonb_agg jsonb_array_elements jsonb_array_length jsonb_build_array jsonb_build_object',
  'jsonb_object_agg jsonb_path_exists lag last_value lead least left length locate lower lpad ltrim make_date',
  'make_interval max md5 min minute mod month now nth_value ntile nullif octet_length percentile_cont percentile_disc',
  'pg_backend_pid pg_is_in_recovery pg_sleep plainto_tsquery position power rand random rank regexp_replace repeat',
  'replace reverse right round row_number row_to_json rpad rtrim second sign similarity sleep split_part sqrt',
  'str_to_date string_agg string_to_array strpos substr substring sum timestampdiff to_char to_date to_json to_jsonb',
  'to_number to_timestamp to_tsquery to_tsvector trim trunc truncate ts_rank unix_timestamp unnest upper uuid version',
  'websearch_to_tsquery week year',
].join(' ');

const harmless: ReadonlySet<string> = new Set(`${keywords} ${types} ${functions}`.split(' '));

/** A word before a parenthesis, with what makes it another one than the built-in of that name. */
const call = /(["`.]?)([a-z_0-9$\u0080-\uffff]+)?(["`]?)\s*\(/giu;

/**
 * Whether a statement can be run twice, or among others, without anybody noticing: it reads only, and calls no function that is
 * not known to change nothing. A function of one's own is not known.
 */
export const isPlainRead = remembered((text: string): boolean => bareSql(text).every(isPlain));

/** Statements behind another, variables that are set, and words that lock or count up: where in doubt, it is run once. */
const doubtful = /;\s*\S|:=|\b(?:for|lock|next|nextval)\b/i;

function isPlain(bare: string): boolean {
  if (!bareOnlyReads(bare) || doubtful.test(bare)) return false;
  for (const [, before, word, after] of bare.matchAll(call)) {
    if (before !== '' || after !== '') return false;
    if (word !== undefined && !harmless.has(word.toLowerCase())) return false;
  }
  return true;
}
