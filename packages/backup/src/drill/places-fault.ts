import type { BackupError } from '../backup-error.js';
import { isMachinesFault } from '../tools/machines-fault.js';

/**
 * What servers answer when they go away, are full or stop a restore, when its user may not do something, and when a role, an extension or a
 * setting of the dump is not known there. Source: PostgreSQL, "Error Codes"; MySQL, "Error Message Reference".
 */
const placesFault =
  /SQLSTATE (?:08|28|53|57|58|0A000|42501|42704)|ERROR (?:1021|1040|1044|1045|1053|1114|1142|1143|1153|1205|1227|1317|1370|1419|2002|2003|2006|2013) /;

/**
 * Whether a restore failed because of the scratch place, or because somebody ended a program. The backup would otherwise count for
 * nothing from then on. Source: psql, "Exit Status".
 */
export function isPlacesFault({ code, tool, exitCode, message }: BackupError): boolean {
  if (code !== 'RESTORE_FAILED') return false;
  const isEnded = typeof exitCode === 'string' || (tool === 'psql' && exitCode !== 3);
  // Where no program complained, a file could not be written or a pipe broke.
  return isEnded || tool === undefined || isMachinesFault(message) || placesFault.test(message);
}
