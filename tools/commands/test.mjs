import { compareConformance } from '../lib/conformance.mjs';
import { ensureServers } from '../lib/servers.mjs';
import { green, red, report } from '../lib/terminal.mjs';
import { count, runVitest } from '../lib/vitest.mjs';
import { main as build } from './build.mjs';
import { runGates } from './check.mjs';

const help = `npm test                            every gate, every test; the last line is the total
npm test -- --gates                 the gates only
npm test -- --project db-pool       the tests of one package
npm test -- packages/config/test    files by name, as vitest takes them
`;

/** @param {readonly string[]} args */
export async function main(args) {
  if (args.includes('--help')) {
    process.stdout.write(help);
    return 0;
  }
  const partial = args.length > 0;
  const totals = { passed: 0, failed: 0, skipped: 0 };
  /** @param {{ passed: number, failed: number, skipped?: number }} more */
  const add = ({ passed, failed, skipped = 0 }) => {
    totals.passed += passed;
    totals.failed += failed;
    totals.skipped += skipped;
  };

  await build();
  // Beside the tests, which wait for servers half of their time.
  const gates = !partial || args.includes('--gates') ? runGates() : undefined;
  if (!args.includes('--gates')) {
    await ensureServers();
    const record = await runVitest(args, { full: !partial });
    add(count(record));
    if (!partial) add(conforms(record.tests));
  }
  if (gates !== undefined) add(await gates);
  // On a machine that must have every server, a test that did not run is a failure.
  if (process.env.CI === 'true' && totals.skipped > 0) {
    totals.failed += totals.skipped;
    totals.skipped = 0;
  }
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
  process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed${skipped}\n`);
  return totals.failed === 0 ? 0 : 1;
}

/** @param {readonly import('../vitest/record.mjs').TestRecord[]} tests */
function conforms(tests) {
  try {
    compareConformance(tests);
    process.stdout.write(`${green('✓')} docs/conformance.md says what the tests say\n`);
    return { passed: 1, failed: 0 };
  } catch (error) {
    process.stdout.write(`${red('✗')} conformance\n`);
    report(error);
    return { passed: 0, failed: 1 };
  }
}
