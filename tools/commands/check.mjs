import { gates } from '../lib/gates.mjs';
import { green, red, report, seconds } from '../lib/terminal.mjs';

/**
 * Runs every gate, also after one failed, so that one run shows all there is to mend.
 *
 * @returns {Promise<number>} the exit code
 */
export async function main() {
  const { failed } = await runGates();
  return failed === 0 ? 0 : 1;
}

/** @returns {Promise<{ passed: number, failed: number }>} */
export async function runGates() {
  const totals = { passed: 0, failed: 0 };
  for (const { name, check } of gates) {
    const startedAt = performance.now();
    try {
      const seen = await check();
      totals.passed += 1;
      process.stdout.write(`${green('✓')} ${name} (${seen}, ${seconds(startedAt)})\n`);
    } catch (error) {
      totals.failed += 1;
      process.stdout.write(`${red('✗')} ${name} (${seconds(startedAt)})\n`);
      report(error);
    }
  }
  return totals;
}
