// Restores one backup in a process of its own, so that the process can be killed.
import { createBackups, local, postgres } from '@seaworthy/backup';

const { TARGET_URL = '', FOLDER = '', BACKUP_ID = '', CONFIRM = '' } = process.env;
const to = postgres({ url: TARGET_URL });
const backups = createBackups({ sources: { db: to }, targets: [local(FOLDER)] });
await backups.restore(BACKUP_ID, {
  to,
  confirm: CONFIRM,
  force: ['same-server', 'not-empty'],
  onProgress: ({ stage, rawBytes }) => process.stdout.write(`${stage} ${rawBytes}\n`),
});
process.stdout.write('restored\n');
