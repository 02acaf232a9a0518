import type { LogFields } from '@seaworthy/contracts';
import type { JsonWriter } from './json-writer.js';
import { createKeySteps, type KeyStep } from './key-steps.js';
import type { LineSchema } from './line-schema.js';
import type { LogContext, RenderedContext } from './log-context.js';
import type { NameRules } from './name-rules.js';

/** Makes the function that turns a context into text, once for each context. */
export function contextText(
  schema: LineSchema,
  writer: JsonWriter,
  rules: NameRules,
): (context: LogContext) => RenderedContext {
  const { steps } = writer;
  const { holder } = schema;
  const { freeName, isReservedInContext } = rules;
  const contextSteps = createKeySteps(() => 'show');
  const contextNames = new Map<KeyStep, ReadonlySet<string>>();
  const self = {};

  function rendered(context: LogContext): RenderedContext {
    if (context.rendered?.by !== self) context.rendered = renderContext(context);
    return context.rendered;
  }

  /** Once for each request, so it makes nothing but text. */
  function renderContext({ fields, trace }: LogContext): RenderedContext {
    const state = writer.begin();
    let inside = ',';
    let outside = ',';
    let step = contextSteps.start;
    for (const key of Object.keys(fields)) {
      const { next } = step;
      step = next !== undefined && next.key === key ? next : contextSteps.follow(step, key);
      const place = schema.contextName(key);
      let { name } = place;
      if (place.outside) {
        outside = writer.append(outside, steps.named(name), fields[key], state, 1);
        continue;
      }
      if (isReservedInContext(name)) name = freeName(name, Object.keys(fields), isReservedInContext);
      inside = writer.append(inside, steps.named(name), fields[key], state, 1);
    }
    if (schema.name === 'otel' && trace !== undefined) {
      outside = writer.append(outside, steps.named('trace_flags'), trace.flags, state, 1);
    }
    const names = contextNames.get(step) ?? namesOf(step, fields);
    inside = inside.slice(1);
    outside = outside.slice(1);
    if (holder !== undefined) return { by: self, text: inside, outside, names };
    return { by: self, text: outside + inside, outside: '', names };
  }

  /** What data of a line may not be called here: one set for all requests, whose fields are called the same. */
  function namesOf(step: KeyStep, fields: LogFields): ReadonlySet<string> {
    const keys = Object.keys(fields);
    const names = new Set<string>();
    for (const key of keys) {
      const place = schema.contextName(key);
      if (place.outside && holder !== undefined) continue;
      const isFree = place.outside || !isReservedInContext(place.name);
      names.add(isFree ? place.name : freeName(place.name, keys, isReservedInContext));
    }
    if (contextSteps.keeps(step)) contextNames.set(step, names);
    return names;
  }

  return rendered;
}
