import { invalidOption, optionsOf, parseDuration } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupSettings } from '../backup-options.js';
import type { RestoreForce, RestoreOptions, RestoreResult } from '../backups.js';
import type { Manifest, ManifestArtifact } from '../manifest/manifest.js';
import { progressReport } from '../pipeline/progress-report.js';
import type { SourceSession } from '../sources/backup-source.js';
import { goodCopy } from './good-copy.js';
import { loadArtifact } from './load-artifact.js';
import { readIdentities } from './read-identities.js';

const forces: readonly RestoreForce[] = ['same-server', 'not-empty'];

const readOptions = optionsOf<RestoreOptions>('restore', {
  source: true,
  to: true,
  confirm: true,
  force: true,
  identity: true,
  timeout: true,
  signal: true,
  onProgress: true,
});

/** Checks everything that can be checked before the first statement reaches the target. */
export async function restoreBackup(
  { targets, clock, logger }: BackupSettings,
  id: string,
  options: RestoreOptions,
): Promise<RestoreResult> {
  const {
    source,
    to,
    confirm,
    force = [],
    identity,
    timeout = '12h',
    signal: given,
    onProgress,
  } = readOptions(options);
  for (const word of force) {
    if (!forces.includes(word)) throw invalidOption('restore', 'force', `a list of ${forces.join(', ')}`);
  }
  if (confirm !== to.database) {
    throw refused(`confirm must name the target database once more (${to.label})`, 'Write it by hand.');
  }
  const identities = readIdentities('restore', identity);
  const startedAt = clock.monotonic();
  const limit = new AbortController();
  const timer = clock.schedule(() => limit.abort(timedOut(to.label, to.engine)), parseDuration(timeout), {
    keepAlive: true,
  });
  const signal = given === undefined ? limit.signal : AbortSignal.any([given, limit.signal]);
  try {
    const report = progressReport(onProgress, clock);
    const { target, artifact } = await goodCopy({
      targets,
      id,
      identities,
      logger,
      signal,
      choose(manifest) {
        const chosen = chooseArtifact(manifest, source);
        if (chosen.engine === to.engine) return chosen;
        throw refused(
          `the backup is of ${chosen.engine} and ${to.label} is not`,
          'Choose a target of the same engine.',
        );
      },
      onCopy: (copy) => report.tell({ source: copy.source, stage: 'verify', rawBytes: 0, bytes: 0 }),
    });
    const stored = { target, id, artifact, identities, signal };
    const session = await to.open(signal);
    try {
      await guard(session, { artifact, label: to.label, force, signal });
      await loadArtifact({
        ...stored,
        session,
        onBytes: (rawBytes) => report.tell({ source: artifact.source, stage: 'restore', rawBytes, bytes: 0 }),
      }).catch((error: unknown) => {
        throw failed(error, to.label, to.engine);
      });
      report.finish();
    } finally {
      await session.close();
    }
    const durationMs = Math.round(clock.monotonic() - startedAt);
    logger.info('A backup was restored.', {
      backup: id,
      source: artifact.source,
      target: to.label,
      durationMs,
    });
    return { id, source: artifact.source, durationMs, rawBytes: artifact.rawBytes };
  } finally {
    timer.cancel();
  }
}

function chooseArtifact(manifest: Manifest, source: string | undefined): ManifestArtifact {
  const names = manifest.artifacts.map((artifact) => artifact.source);
  const chosen =
    source === undefined && names.length === 1
      ? manifest.artifacts[0]
      : manifest.artifacts.find((artifact) => artifact.source === source);
  if (chosen !== undefined) return chosen;
  throw refused('the backup has no such source', `Set source to one of: ${names.join(', ')}.`);
}

async function guard(
  session: SourceSession,
  {
    artifact,
    label,
    force,
    signal,
  }: {
    readonly artifact: ManifestArtifact;
    readonly label: string;
    readonly force: readonly RestoreForce[];
    readonly signal: AbortSignal;
  },
): Promise<void> {
  if (artifact.system === session.facts.system && !force.includes('same-server')) {
    throw refused(
      `${label} is on the server that was backed up, or on a copy of it`,
      "Restore elsewhere, or insist with force: ['same-server'].",
    );
  }
  if (!force.includes('not-empty') && !(await session.isEmpty(signal))) {
    throw refused(
      `${label} is not empty`,
      "Create an empty database for it, or insist with force: ['not-empty']; nothing would be dropped either way.",
    );
  }
}

function refused(why: string, advice: string): BackupError {
  return new BackupError(`Restore refused: ${why}. ${advice}`, { code: 'RESTORE_REFUSED', stage: 'verify' });
}

function failed(error: unknown, label: string, engine: string): unknown {
  if (!BackupError.is(error) || error.code !== 'BACKUP_TOOL_FAILED') return error;
  return new BackupError(`The restore into ${label} failed: ${error.message} ${whatIsLeft(engine)}`, {
    code: 'RESTORE_FAILED',
    stage: error.stage,
    tool: error.tool,
    exitCode: error.exitCode,
  });
}

/** MySQL commits at each `create table`; the others take all of it or nothing. */
function whatIsLeft(engine: string): string {
  return engine === 'mysql'
    ? 'The target may hold a part of it: drop that database and restore into a new one.'
    : 'The target is as it was.';
}

function timedOut(label: string, engine: string): BackupError {
  const text = `The restore into ${label} took longer than its timeout. Raise \`timeout\`. ${whatIsLeft(engine)}`;
  return new BackupError(text, { code: 'RESTORE_FAILED', stage: 'restore' });
}
