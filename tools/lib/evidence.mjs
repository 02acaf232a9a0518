import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { root } from './workspace.mjs';

/**
 * Writes a dated file of figures under docs/evidence, with what is needed to judge and to repeat them.
 *
 * @param {string} name
 * @param {{ title: string, command: string, body: string }} content
 */
export function writeEvidence(name, { title, command, body }) {
  const folder = join(root, 'docs', 'evidence');
  mkdirSync(folder, { recursive: true });
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, Linux ${release()}, Node ${process.versions.node}`;
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(
    join(folder, `${name}.md`),
    `# ${title}\n\n- measured ${day} on ${machine}\n- repeat with \`${command}\`\n\n${body}\n`,
  );
  process.stdout.write(`docs/evidence/${name}.md written\n`);
}
