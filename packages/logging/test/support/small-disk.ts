import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp-folder.js';

const programs = { attach: 'mount', detach: 'umount' };

/** A file system of its own that is soon full, and goes with the test; `undefined` where we may not mount one. */
export function smallDisk(): string | undefined {
  const folder = tempFolder();
  try {
    execFileSync(programs.attach, ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync(programs.detach, ['-l', folder]));
  return folder;
}
