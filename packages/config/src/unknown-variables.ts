import { nearest, OptionsError, optionsOf } from '@seaworthy/contracts';
import type { Circumstances } from './evaluate.js';
import type { FieldDefinition } from './field.js';
import { bareName, misspeltAs } from './misspelt.js';
import type { Problem } from './problem.js';
import type { Reading } from './reader.js';

export interface UnknownOptions {
  /**
   * Names that begin so belong to this service: `['REDIS_', 'SMTP_', 'JWT_']`. One that is set and not declared is then a
   * mistake in writing, and without this nobody hears of it when the variable that was meant is optional.
   */
  readonly prefixes: readonly [string, ...string[]];
  /** `warn` leaves the load as it is: see `schema.warnings(config)`. @defaultValue 'refuse' */
  readonly action?: 'refuse' | 'warn';
  /** Names with such a prefix that somebody else reads. @defaultValue none */
  readonly except?: readonly string[];
}

const readOptions = optionsOf<UnknownOptions>('defineConfig: unknown', {
  prefixes: true,
  action: true,
  except: true,
});

/** @throws OptionsError for options that cannot work. */
export function checkUnknownOptions(options: UnknownOptions): UnknownOptions {
  const { prefixes, action = 'refuse', except = [] } = readOptions(options);
  const usable = (names: readonly string[]) =>
    Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '');
  if (!usable(prefixes) || prefixes.length === 0 || !usable(except)) {
    throw new OptionsError('defineConfig: unknown.prefixes and unknown.except are lists of names.', {
      code: 'INVALID_OPTION',
    });
  }
  if (action !== 'refuse' && action !== 'warn') {
    throw new OptionsError('defineConfig: unknown.action is refuse or warn.', { code: 'INVALID_OPTION' });
  }
  return { prefixes, action, except };
}

/** The reading, with the variables that are not declared among its problems or its warnings. */
export function withUnknown(
  reading: Reading,
  options: UnknownOptions,
  definitions: ReadonlyMap<string, FieldDefinition>,
  circumstances: Circumstances,
): Reading {
  const found = unknownProblems(options, definitions, circumstances, reading.problems);
  return options.action === 'warn'
    ? { ...reading, warnings: found }
    : { ...reading, problems: [...reading.problems, ...found] };
}

/** A problem for every variable that has one of the prefixes and is not declared. */
function unknownProblems(
  { prefixes, except = [] }: UnknownOptions,
  definitions: ReadonlyMap<string, FieldDefinition>,
  { undeclared, gathered }: Circumstances,
  others: readonly Problem[],
): readonly Problem[] {
  const found = undeclared();
  // Where a source could not be read, what is missing is not reported.
  const missing = gathered.unreadable.length > 0 ? [] : others.filter(({ code }) => code === 'missing');
  const said = new Set(missing.map(({ name }) => misspeltAs(name, found)));
  const declared = [...definitions.keys()];
  const problems: Problem[] = [];
  for (const { name, origin, serviceLink } of found) {
    if (!prefixes.some((prefix) => name.startsWith(prefix)) || except.includes(name)) continue;
    if (serviceLink || said.has(name)) continue; // said there already: "is not set, but … is"
    const bare = bareName(name);
    const meant = nearest(bare, declared);
    const fix =
      meant === undefined ? 'Remove it or declare it' : `Rename it to ${meant}${name.slice(bare.length)}`;
    problems.push({
      code: 'unknown',
      name,
      message: meant === undefined ? 'is not declared' : `is not declared: did you mean ${meant}?`,
      expected: `a declared variable, as for every name that begins with ${prefixes.join(' or ')}`,
      fix: `${fix}; it is set in ${origin.at}.`,
      origin,
    });
  }
  return problems;
}
