// Makes one backup in a process of its own, so that the process can be killed.
import { createBackups, local, mysql, postgres } from '@seaworthy/backup';

const { SOURCE_URL = '', FOLDER = '' } = process.env;
const source = SOURCE_URL.startsWith('mysql') ? mysql({ url: SOURCE_URL }) : postgres({ url: SOURCE_URL });
const backups = createBackups({ sources: { db: source }, targets: [local(FOLDER)] });
const manifest = await backups.run({
  onProgress: ({ stage }) => process.stdout.write(`${stage}\n`),
});
process.stdout.write(`complete ${manifest.id}\n`);
