import { jsonString } from './json-string.js';

/** What is done with the value of a name. */
export type Treatment = 'show' | 'hide' | 'hash';

/** What a name is called in a line. */
export interface NameText {
  readonly text: string;
  /** Whether other names may read like it: it was changed, or reads as if it had been. */
  readonly isMarked: boolean;
}

/** One name after the names that came before it in its object, with the text that it makes. */
export interface KeyStep extends NameText {
  readonly key: string;
  readonly treatment: Treatment;
  /** Whether its value is shown, and no other name can read like it. */
  readonly isPlain: boolean;
  /** `,"name":` */
  readonly label: string;
  /** `,"name":"`, for a text that needs no escape. */
  readonly open: string;
  /** The same at the beginning of an object. */
  readonly firstLabel: string;
  readonly firstOpen: string;
  /** The step taken last from here: objects of one make have their names in one order. */
  next: KeyStep | undefined;
  others: Map<string, KeyStep> | undefined;
  /** What the line format found out about this name in these surroundings. */
  judgedIn: object | undefined;
  verdict: number;
}

export interface KeySteps {
  /** Before the first name of an object. */
  readonly start: KeyStep;
  /** The step from `step` to `key`, when `step.next` is another one. */
  follow(step: KeyStep, key: string): KeyStep;
  /** Whether a step means all the names that led to it. */
  keeps(step: KeyStep): boolean;
  /** The name without a place. */
  named(key: string): KeyStep;
  /** Another name with the treatment of `step`'s. */
  renamed(step: KeyStep, name: string): KeyStep;
}

/** Beyond so many a program is logging data as names, and remembering them only costs memory. */
const rememberedNames = 2_000;
const rememberedSteps = 10_000;

/**
 * The names of objects as a tree, in which an object of a known make is walked by comparing pointers. That is three times as
 * fast as asking a map for each name.
 */
export function createKeySteps(
  treatmentOf: (name: string) => Treatment,
  textOf: (name: string) => NameText = (name) => ({ text: name, isMarked: false }),
): KeySteps {
  const names = new Map<string, KeyStep>();
  const start = made('', undefined, new Map());
  let steps = 0;

  /** One place that makes steps, so that they are all of one make themselves. */
  function made(
    key: string,
    known: KeyStep | undefined,
    others: Map<string, KeyStep> | undefined,
    treatment = known?.treatment ?? treatmentOf(key),
  ): KeyStep {
    const { text, isMarked } = known ?? textOf(key);
    const json = known === undefined ? jsonString(text) : '';
    return {
      key,
      text,
      isMarked,
      treatment,
      isPlain: treatment === 'show' && !isMarked,
      label: known?.label ?? `,${json}:`,
      open: known?.open ?? `,${json}:"`,
      firstLabel: known?.firstLabel ?? `{${json}:`,
      firstOpen: known?.firstOpen ?? `{${json}:"`,
      next: undefined,
      others,
      judgedIn: undefined,
      verdict: 0,
    };
  }

  function named(key: string): KeyStep {
    const known = names.get(key);
    if (known !== undefined) return known;
    const step = made(key, undefined, undefined);
    if (key.length <= 64 && names.size < rememberedNames) names.set(key, step);
    return step;
  }

  return {
    start,
    keeps: (step) => step.others !== undefined,
    named,
    renamed: (step, name) => made(name, undefined, undefined, step.treatment),
    follow(step, key) {
      const known = step.others?.get(key);
      if (known !== undefined) {
        step.next = known;
        return known;
      }
      const { others } = step;
      // A name without a place leads nowhere: only steps that are counted keep steps.
      if (others === undefined || steps >= rememberedSteps || key.length > 64) return named(key);
      const next = made(key, named(key), new Map());
      steps += 1;
      others.set(key, next);
      step.next = next;
      return next;
    },
  };
}
