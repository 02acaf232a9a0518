// Fails unless the tag names the version that every public package has.
import { publicPackages } from './lib/workspace.mjs';

const wanted = process.argv[2]?.replace(/^v/, '');
const wrong = publicPackages().filter(({ manifest }) => manifest.version !== wanted);
for (const { name, manifest } of wrong)
  process.stderr.write(`${name} has version ${manifest.version}, the tag says ${wanted}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
