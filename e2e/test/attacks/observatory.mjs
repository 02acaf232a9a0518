// Grades servers with the scanner of MDN's HTTP Observatory, as its `scan` does, which takes no ports. In a process of its own, which
// gets the authority from NODE_EXTRA_CA_CERTS. Arguments: where the package is, then `{ httpPort, httpsPort, path }` as JSON for each.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , root = '', ...targets] = process.argv;

// Its install script would download the list of names that browsers know; no name of a test is on it.
const preloaded = join(root, 'conf/hsts-preload.json');
if (!existsSync(preloaded)) writeFileSync(preloaded, '{}');

const load = (path) => import(pathToFileURL(join(root, 'src', path)).href);
const { retrieve } = await load('retriever/retriever.js');
const { ALL_TESTS } = await load('constants.js');
const { getGradeForScore, getScoreModifier } = await load('grader/grader.js');
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await load('grader/charts.js');

const grades = [];
for (const target of targets) {
  const requests = await retrieve('localhost', JSON.parse(target));
  const { status } = requests.responses.auto;
  const results = ALL_TESTS.map((test) => test(requests)).filter(({ result }) => result);
  const modifiers = results.map(({ result }) => getScoreModifier(result));
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 100);
  const lost = sum(modifiers.filter((modifier) => modifier < 0));
  const { grade, score } = getGradeForScore(lost >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(modifiers) : lost);
  const reasons = results.map(({ result }, at) => `${result} ${modifiers[at]}`);
  grades.push({ status, grade, score, reasons });
}
process.stdout.write(JSON.stringify(grades));
process.exit(0); // it keeps connections open
