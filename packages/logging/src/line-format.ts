import type { Clock, LogFields } from '@seaworthy/contracts';
import { jsonString } from './json-string.js';
import { createJsonWriter } from './json-writer.js';
import { type LogCall, readCall } from './log-call.js';
import { activeContext, type LogContext } from './log-context.js';
import type { LogLimits } from './log-limits.js';
import type { LogRedactor } from './redactor.js';
import { createTimestamp } from './timestamp.js';
import type { WriterState } from './writer-state.js';

/** Fields that are the same on many lines, with the text they make. */
export interface BoundFields {
  readonly fields: LogFields;
  readonly names: ReadonlySet<string>;
  readonly text: string;
}

/** Turns calls into lines. */
export interface LineFormat {
  /** One JSON object and a line feed; never throws. */
  line(
    level: string,
    message: unknown,
    rest: readonly unknown[],
    bound?: BoundFields,
    context?: LogContext,
  ): string;
  bind(fields: LogFields): BoundFields;
}

export interface LineFormatOptions {
  readonly service: string;
  readonly environment: string;
  readonly limits: LogLimits;
  readonly redactor: LogRedactor;
  readonly clock: Clock;
}

/** Names whose values the logger vouches for. Data of the same name keeps its value under another name. */
const reserved: ReadonlySet<string> = new Set(['timestamp', 'level', 'message', 'service', 'environment']);

const none: ReadonlySet<string> = new Set();
const nothingBound: BoundFields = { fields: {}, names: none, text: '' };

export function createLineFormat(options: LineFormatOptions): LineFormat {
  const { service, environment, limits, redactor, clock } = options;
  const writer = createJsonWriter(limits, redactor);
  const timestamp = createTimestamp();
  const origin = `,"service":${jsonString(service)},"environment":${jsonString(environment)}`;
  const levelParts = new Map<string, string>();
  const self = {};

  function levelPart(level: string): string {
    let part = levelParts.get(level);
    if (part === undefined) {
      part = `","level":${jsonString(level)},"message":`;
      levelParts.set(level, part);
    }
    return part;
  }

  /** `,"name":value` for every member of `source`, under the name that `naming` gives it; `undefined` leaves it out. */
  function members(
    source: object,
    state: WriterState,
    naming: (name: string, names: readonly string[]) => string | undefined,
  ): string {
    const names = Object.keys(source);
    let text = '';
    let written = 0;
    for (const name of names) {
      const shown = naming(name, names);
      if (shown === undefined) continue;
      if (written >= limits.maxKeys || state.budget <= 0) {
        return `${text},"…":"[+${names.length - written}]"`;
      }
      const value = writer.member(source, name, state, 1);
      if (value === undefined) continue;
      written += 1;
      const { json } = writer.name(shown);
      state.budget -= json.length;
      text += `,${json}${value}`;
    }
    return text;
  }

  function bind(given: LogFields): BoundFields {
    const fields: Record<string, unknown> = {};
    const names = Object.keys(given);
    for (const name of names)
      fields[reserved.has(name) ? freeName(name, names, isReserved) : name] = given[name];
    return { fields, names: new Set(Object.keys(fields)), text: members(fields, writer.begin(), itself) };
  }

  function rendered(context: LogContext): { readonly text: string; readonly names: ReadonlySet<string> } {
    if (context.rendered?.by !== self) {
      const { text, names } = bind(context.fields);
      context.rendered = { by: self, text, names };
    }
    return context.rendered;
  }

  function render(level: string, call: LogCall, bound: BoundFields, context: LogContext | undefined): string {
    const state = writer.begin();
    const { error, args } = call;
    const fields = call.fields === undefined || spreads(call.fields) ? call.fields : { data: call.fields };
    const head = `{"timestamp":"${timestamp(clock.now())}${levelPart(level)}${writer.text(call.message, state)}${origin}`;
    const surrounding = context === undefined ? undefined : rendered(context);
    const inContext = surrounding?.names ?? none;
    let tail = '';
    if (error !== undefined) {
      const stack = writer.member(error, 'stack', state, 1);
      tail += `${stack === undefined ? '' : `,"stack":${stack}`},"error":${writer.error(error, state, 1, false)}`;
    }
    if (args !== undefined) tail += `,"args":${writer.value(args, state, 1)}`;
    if (fields !== undefined) {
      const taken = (name: string): boolean =>
        reserved.has(name) ||
        inContext.has(name) ||
        (error !== undefined && (name === 'stack' || name === 'error')) ||
        (args !== undefined && name === 'args');
      const inUse = (name: string): boolean => taken(name) || bound.names.has(name);
      tail =
        members(fields, state, (name, names) => {
          if (call.isInfo && (name === 'level' || name === 'message')) return undefined;
          return taken(name) ? freeName(name, names, inUse) : name;
        }) + tail;
    }
    const fixed = boundText(bound, inContext, fields, error !== undefined, args !== undefined);
    return `${head}${fixed}${surrounding?.text ?? ''}${tail}}\n`;
  }

  /** The bound fields without those that the line or its context says itself. */
  function boundText(
    bound: BoundFields,
    inContext: ReadonlySet<string>,
    fields: object | undefined,
    hasError: boolean,
    hasArgs: boolean,
  ): string {
    if (bound.names.size === 0) return bound.text;
    const replaced = new Set<string>();
    for (const name of inContext) if (bound.names.has(name)) replaced.add(name);
    if (fields !== undefined) {
      for (const name of Object.keys(fields)) if (bound.names.has(name)) replaced.add(name);
    }
    if (hasError) for (const name of ['stack', 'error']) if (bound.names.has(name)) replaced.add(name);
    if (hasArgs && bound.names.has('args')) replaced.add('args');
    return replaced.size === 0
      ? bound.text
      : members(bound.fields, writer.begin(), (name) => (replaced.has(name) ? undefined : name));
  }

  return {
    bind,
    line(level, message, rest, bound = nothingBound, context = activeContext()) {
      return render(level, readCall(message, rest), bound, context);
    },
  };
}

/** Whether an object's members are the data; of a Map, a Date, a Secret or a revoked proxy they are not. */
export function spreads(source: object): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(source);
    if (prototype === Object.prototype || prototype === null) return Object.keys(source).length >= 0;
    return Object.keys(source).length > 0 && typeof Reflect.get(source, 'toJSON') !== 'function';
  } catch {
    return false;
  }
}

function isReserved(name: string): boolean {
  return reserved.has(name);
}

function itself(name: string): string {
  return name;
}

/** `name_`, or with as many underscores as it takes to be nobody else's. */
function freeName(name: string, others: readonly string[], inUse: (name: string) => boolean): string {
  let free = `${name}_`;
  while (others.includes(free) || inUse(free)) free += '_';
  return free;
}
