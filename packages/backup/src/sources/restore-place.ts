import { readdir, stat } from 'node:fs/promises';
import { errorCode } from '@seaworthy/contracts';

/** Whether a restore may go to that path: nothing is there, or a folder with nothing in it. */
export async function isAbsentOrEmpty(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isDirectory()) return false;
    return (await readdir(path)).length === 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}
