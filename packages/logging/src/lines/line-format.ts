import type { Clock, LogFields } from '@seaworthy/contracts';
import { activeContext, type LogContext } from '../log-context.js';
import type { LogRedactor } from '../redaction/redactor.js';
import { contextText } from './context-text.js';
import { flatText } from './flat-text.js';
import { createJsonWriter, prototypeIsExtended } from './json-writer.js';
import type { KeyStep } from './key-steps.js';
import type { LineSchema } from './line-schema.js';
import { type LogCall, readCall } from './log-call.js';
import type { LogLimits } from './log-limits.js';
import { type FilledMessage, fillIn } from './message-template.js';
import { asIs, type BoundFields, leftOut, nameRules, renamed, type Surroundings } from './name-rules.js';
import { spreads } from './spreads.js';
import { createTimestamp } from './timestamp.js';
import type { WriterState } from './writer-state.js';

/** Turns calls into lines. */
export interface LineFormat {
  readonly schema: LineSchema;
  /** One JSON object and a line feed; never throws. The message's placeholders are filled, unless they have been. */
  line(
    level: string,
    message: unknown,
    rest: readonly unknown[],
    bound?: BoundFields,
    context?: LogContext,
    isFilled?: boolean,
  ): string;
  /** Puts arguments into a message's placeholders. */
  fill(template: string, args: readonly unknown[]): FilledMessage;
  bind(fields: LogFields): BoundFields;
}

export interface LineFormatOptions {
  readonly schema: LineSchema;
  readonly limits: LogLimits;
  readonly redactor: LogRedactor;
  readonly clock: Clock;
}

interface LineState extends WriterState {
  readonly level: string;
  /** Bound fields that the call's own data replace. */
  replaced: Set<string> | undefined;
}

const none: ReadonlySet<string> = new Set();

/** Beyond so many a program is putting data into its messages. */
const rememberedMessages = 500;

export function createLineFormat(options: LineFormatOptions): LineFormat {
  const { schema, limits, redactor, clock } = options;
  const { begin, origin, holder } = schema;
  const writer = createJsonWriter(limits, redactor);
  const { steps } = writer;
  const rules = nameRules(schema);
  const { surroundings, judge, isTaken, freeName } = rules;
  const rendered = contextText(schema, writer, rules);
  const timestamp = createTimestamp();
  const levelParts = new Map<string, string>();
  const nothingBound: BoundFields = { fields: {}, names: none, text: '' };
  const messages = new Map<string, string>();
  let startedAt = Number.NaN;
  let startedFor = '';
  let started = '';

  function levelPart(level: string): string {
    let part = levelParts.get(level);
    if (part === undefined) {
      part = schema.level(level);
      levelParts.set(level, part);
    }
    return part;
  }

  /** The line up to its message. Many lines share a millisecond. */
  function start(level: string): string {
    const now = clock.now();
    if (now === startedAt && level === startedFor) return started;
    startedAt = now;
    startedFor = level;
    started = flatText(begin + timestamp(now) + levelPart(level));
    return started;
  }

  /** The message and where the line comes from. Most messages are constants of the program. */
  function said({ message, isComposed }: LogCall, state: WriterState): string {
    const known = messages.get(message);
    if (known !== undefined) {
      state.budget -= message.length;
      return known;
    }
    const text = writer.text(message, state) + origin;
    const isUnchanged = text.length === message.length + 2 + origin.length;
    if (isUnchanged && !isComposed && messages.size < rememberedMessages && message.length <= 100) {
      messages.set(message, flatText(text));
    }
    return text;
  }

  function bind(given: LogFields): BoundFields {
    const fields: Record<string, unknown> = {};
    const names = Object.keys(given);
    for (const name of names) {
      fields[schema.isReserved(name) ? freeName(name, names, schema.isReserved) : name] = given[name];
    }
    return { fields, names: new Set(Object.keys(fields)), text: boundText(fields, none) };
  }

  function boundText(fields: LogFields, without: ReadonlySet<string>): string {
    const state = writer.begin();
    const left = Object.keys(fields).filter((name) => !without.has(name));
    let text = ',';
    for (const [index, name] of left.entries()) {
      if (index >= limits.maxKeys || state.budget <= 0) {
        text = writer.append(text, steps.named('…'), `[+${left.length - index}]`, state, 1);
        break;
      }
      text = writer.append(text, steps.named(name), fields[name], state, 1);
    }
    return text.slice(1);
  }

  function render(level: string, call: LogCall, bound: BoundFields, context: LogContext | undefined): string {
    const state: LineState = { budget: limits.maxLineLength, ancestors: [], level, replaced: undefined };
    const { fields, error, args } = call;
    const surrounding = context === undefined ? undefined : rendered(context);
    const around = surroundings(bound, surrounding?.names ?? none, call);
    const head = start(level) + said(call, state);
    let json = holder === undefined ? head : '';
    if (fields !== undefined) json = data(json, fields, around, state);
    if (error !== undefined) json += schema.error(error, writer, state);
    if (args !== undefined) json += `,"args":${writer.value(args, state, 1)}`;
    json += boundIn(bound, around, state.replaced);
    if (surrounding !== undefined) json += surrounding.text;
    if (holder === undefined) return `${json}}\n`;
    const inside = json === '' ? '{' : json.startsWith(',') ? `{${json.slice(1)}` : json;
    return `${head}${surrounding?.outside ?? ''}${holder}${inside}}}\n`;
  }

  function data(json: string, fields: object, around: Surroundings, state: LineState): string {
    try {
      if (isPlain(fields)) return plainMembers(json, fields, around, state);
      if (spreads(fields)) return members(json, fields, around, state);
      return put(json, { data: fields }, steps.named('data'), around, state);
    } catch {
      state.replaced = undefined;
      return put(json, { data: '[unreadable]' }, steps.named('data'), around, state);
    }
  }

  function plainMembers(start: string, source: object, around: Surroundings, state: LineState): string {
    let json = start;
    let step = steps.start;
    let count = 0;
    for (const key in source) {
      if (count >= limits.maxKeys || state.budget <= 0) {
        return missing(json, Object.keys(source).length - count, state);
      }
      count += 1;
      const { next } = step;
      step = next !== undefined && next.key === key ? next : steps.follow(step, key);
      // Read by the name that the loop is at: V8 then takes the value from where the shape has it, without a look-up.
      if (step.judgedIn === around && step.verdict === asIs) {
        json = writer.append(json, step, readOf(source, key), state, 1);
      } else json = put(json, source, step, around, state);
    }
    return json;
  }

  function members(start: string, source: object, around: Surroundings, state: LineState): string {
    let json = start;
    const names = Object.keys(source);
    for (const [index, key] of names.entries()) {
      if (index >= limits.maxKeys || state.budget <= 0) return missing(json, names.length - index, state);
      json = put(json, source, steps.named(key), around, state);
    }
    return json;
  }

  function missing(json: string, count: number, state: LineState): string {
    return count <= 0 ? json : writer.append(json, steps.named('…'), `[+${count}]`, state, 1);
  }

  function put(json: string, source: object, step: KeyStep, around: Surroundings, state: LineState): string {
    const { key } = step;
    const verdict = step.judgedIn === around ? step.verdict : judge(step, around);
    const value = readOf(source, key);
    if (verdict === asIs) return writer.append(json, step, value, state, 1);
    if (verdict === leftOut && (key !== 'level' || value === state.level)) return json;
    if (verdict === renamed || verdict === leftOut) {
      const inUse = (name: string): boolean => isTaken(name, around) || around.bound.has(name);
      const free = freeName(key, Object.keys(source), inUse);
      return writer.append(json, steps.renamed(step, free), value, state, 1);
    }
    state.replaced ??= new Set();
    state.replaced.add(key);
    return writer.append(json, step, value, state, 1);
  }

  /** The bound fields without those that the line or its context says itself. */
  function boundIn(bound: BoundFields, around: Surroundings, replaced: Set<string> | undefined): string {
    if (bound.names.size === 0) return '';
    const without = replaced ?? new Set();
    for (const name of around.context) without.add(name);
    if (around.hasError) for (const name of schema.errorNames) without.add(name);
    if (around.hasArgs) without.add('args');
    if (without.size === 0) return bound.text;
    for (const name of without) if (bound.names.has(name)) return boundText(bound.fields, without);
    return bound.text;
  }

  const fill = (template: string, args: readonly unknown[]): FilledMessage =>
    fillIn(template, args, (value) => writer.value(value, writer.begin(), 1) ?? 'undefined');

  return {
    schema,
    bind,
    fill,
    line(level, message, rest, bound = nothingBound, context = activeContext(), isFilled = false) {
      return render(level, readCall(message, rest, isFilled ? undefined : fill), bound, context);
    },
  };
}

function readOf(source: object, key: string): unknown {
  try {
    return (source as Readonly<Record<string, unknown>>)[key];
  } catch {
    return '[unreadable]';
  }
}

/** Whether `for in` shows exactly the object's own members. */
function isPlain(source: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(source);
  return (prototype === Object.prototype || prototype === null) && !prototypeIsExtended();
}
