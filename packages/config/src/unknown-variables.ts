import { nearest, OptionsError, optionsOf } from '@seaworthy/contracts';
import type { Circumstances } from './evaluate.js';
import type { FieldDefinition } from './field.js';
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

/**
 * What Docker and Kubernetes inject for a service named `redis`: REDIS_SERVICE_HOST, REDIS_PORT_6379_TCP_ADDR and so on
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const serviceLink =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT|PORT_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)$/;

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
  { undeclared }: Pick<Circumstances, 'undeclared'>,
  others: readonly Problem[],
): readonly Problem[] {
  const missing = new Set(others.filter(({ code }) => code === 'missing').map(({ name }) => name));
  const declared = [...definitions.keys()];
  const problems: Problem[] = [];
  for (const { name, origin } of undeclared()) {
    if (!prefixes.some((prefix) => name.startsWith(prefix)) || except.includes(name)) continue;
    if (serviceLink.test(name)) continue;
    const bare = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : name;
    const meant = nearest(bare, declared);
    if (meant !== undefined && missing.has(meant)) continue; // said there already: "is not set, but … is"
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
