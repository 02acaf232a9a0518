import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { baseFolder } from './base-folder.js';
import { withLock } from './lock.js';
import type { SystemUser } from './system-user.js';

const run = promisify(execFile);

export interface TemplateOptions {
  /** Changes with everything that shapes the result: engine, version, user, arguments. */
  readonly key: string;
  readonly user: SystemUser | undefined;
  /** Fills `folder`, which exists, is empty and belongs to the user. */
  readonly build: (folder: string) => Promise<void>;
}

/**
 * Copies a prepared folder's content into `target`, preparing it first when this machine has none yet. Creating a
 * database cluster takes seconds, copying it a fraction of one.
 */
export async function copyTemplate(target: string, options: TemplateOptions): Promise<void> {
  const template = await prepared(options);
  await run('cp', ['-a', '--reflink=auto', `${template}/.`, target]);
}

async function prepared({ key, user, build }: TemplateOptions): Promise<string> {
  const folder = join(baseFolder(), 'templates');
  const template = join(folder, key);
  if (existsSync(template)) return template;
  return withLock(`template-${template}`, async () => {
    if (existsSync(template)) return template;
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o711);
    const draft = join(folder, `.draft-${randomBytes(4).toString('hex')}`);
    mkdirSync(draft, { mode: 0o700 });
    if (user !== undefined) chownSync(draft, user.uid, user.gid);
    try {
      await build(draft);
      // Whoever finds the name finds a whole template.
      renameSync(draft, template);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
    return template;
  });
}
