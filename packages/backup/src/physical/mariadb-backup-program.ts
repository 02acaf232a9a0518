import { BackupError, type BackupStage } from '../backup-error.js';
import { type ClientProgram, type RequiredProgram, requireProgram } from '../sources/client-programs.js';
import { lastLines } from '../tools/last-lines.js';
import type { ToolProcess } from '../tools/tool-process.js';

export async function findMariadbBackup(
  name: 'mariadb-backup' | 'mbstream',
  where: Pick<RequiredProgram, 'label' | 'binDir' | 'signal'>,
): Promise<ClientProgram> {
  return requireProgram(name, {
    ...where,
    install: 'mariadb-backup',
    ...(name === 'mbstream' ? { versionArgument: '--help' } : {}), // where its version stands
  });
}

/** It tells of every file that it copies; what went wrong is in the lines that say so. */
export function mariadbBackupReport(log: string): string {
  return lastLines(log, 4, (line) => /error|fail|denied|cannot|can't|unsupported/i.test(line))
    .map((line) => line.replace(/^\[\d+\] [\d-]+ [\d:]+ /, ''))
    .join(' ');
}

/** Its exit code alone is not believed: its last words have to be those of success. */
export async function completed(
  tool: ToolProcess,
  { label, stage }: { readonly label: string; readonly stage: BackupStage },
): Promise<void> {
  await tool.exited;
  if (/completed OK!\s*$/.test(tool.said())) return;
  throw new BackupError(`${tool.name} ended without saying that it completed ${label}.`, {
    code: 'BACKUP_INCOMPLETE',
    stage,
    tool: tool.name,
    exitCode: 0,
  });
}
