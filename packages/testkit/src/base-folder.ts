import { chmodSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Raised when what lies in the folder changes its meaning: templates of another version are not reused. */
const formatVersion = 1;

/**
 * The folder under the system's temporary folder that holds the templates and the runs of this user. Servers run as other
 * users and pass through it, so it may be entered by all and listed by nobody else.
 */
export function baseFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `seaworthy-testkit-${uid}-v${formatVersion}`);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const found = lstatSync(folder);
  // The name can be guessed and the place is open to all: somebody else's folder or link is not ours to fill.
  if (found.isDirectory() && found.uid === uid) return folder;
  const own = mkdtempSync(`${folder}-`);
  chmodSync(own, 0o711);
  return own;
}
