// Uses every entry of every package from the packed tarballs; prints the names of what worked, one line a part.
import { rm } from 'node:fs/promises';
import { folder } from './setting.mjs';

// One after the other: they share a log file.
for (const part of ['config', 'logging', 'db-pool', 'cache-and-backup', 'http', 'service']) {
  await import(`./${part}.mjs`);
}
await rm(folder, { recursive: true });
