import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './place.js';

/** Writes a file into the server's folder that only the server's user may read, and returns its path. */
export function writeConfig(place: Place, name: string, text: string): string {
  const path = join(place.folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  if (place.user !== undefined) chownSync(path, place.user.uid, place.user.gid);
  return path;
}

/** Fills in `{{port}}` and `{{folder}}`. */
export function fillConfig(place: Place, text: string): string {
  return text.replaceAll('{{port}}', String(place.port)).replaceAll('{{folder}}', place.folder);
}
