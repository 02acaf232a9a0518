import { remembered } from '../sql/remembered.js';

/**
 * Statements after which the next borrower would find a changed session: settings, temporary tables, prepared statements,
 * listeners, session locks. `set local` and `set transaction` end with the transaction and are left out.
 */
const pattern =
  /^\s*(?:set\s+(?!local\b|transaction\b|constraints\b)|reset\s|use\s|listen\s|prepare\s|declare\s|load\s|create\s+(?:global\s+|local\s+)?temp|lock\s+tables?\b)|set_config\s*\(|\bpg_(?:try_)?advisory_lock|\bget_lock\s*\(|:=|\binto\s+@/i;

/** Whether `text` leaves something behind in its session. A false alarm costs one round trip. */
export const changesSession = remembered((text) => pattern.test(text));
