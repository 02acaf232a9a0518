import type { LogFields } from '@seaworthy/contracts';
import { type LogContext, type RenderedContext, RequestContext } from '../log-context.js';
import type { Trace } from '../requests/trace-context.js';
import type { JsonWriter } from './json-writer.js';
import { createKeySteps, type KeyStep } from './key-steps.js';
import type { LineSchema } from './line-schema.js';
import type { NameRules } from './name-rules.js';
import type { WriterState } from './writer-state.js';

interface Place {
  readonly step: KeyStep;
  readonly side: 'inside' | 'outside';
}

interface RequestPlaces {
  readonly id: Place;
  readonly traceId: Place;
  readonly spanId: Place;
  readonly names: ReadonlySet<string>;
}

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
    if (context.rendered?.by !== self) {
      context.rendered = context instanceof RequestContext ? renderRequest(context) : renderContext(context);
    }
    return context.rendered;
  }

  /** What `renderContext` does, for the three fields of a request: their names and places are the same each time. */
  function renderRequest({ requestId, trace }: RequestContext): RenderedContext {
    const { id, traceId, spanId, names } = requestPlaces();
    const state = writer.begin();
    const parts = { inside: ',', outside: ',' };
    parts[id.side] = writer.append(parts[id.side], id.step, requestId, state, 1);
    parts[traceId.side] = put(parts[traceId.side], traceId.step, trace.traceId, trace, state);
    parts[spanId.side] = put(parts[spanId.side], spanId.step, trace.spanId, trace, state);
    return finished(parts.inside, parts.outside, trace, state, names);
  }

  /** A trace's own ids are hexadecimal digits, sixteen of which may look like a card's number. */
  function put(
    json: string,
    step: KeyStep,
    value: unknown,
    trace: Trace | undefined,
    state: WriterState,
  ): string {
    const isOfTrace = trace !== undefined && (value === trace.traceId || value === trace.spanId);
    if (isOfTrace && step.treatment === 'show') return `${json}${step.open}${String(value)}"`;
    return writer.append(json, step, value, state, 1);
  }

  let places: RequestPlaces | undefined;

  function requestPlaces(): RequestPlaces {
    places ??= makePlaces();
    return places;
  }

  function makePlaces(): RequestPlaces {
    const fields = { requestId: '', trace_id: '', span_id: '' };
    const last = Object.keys(fields).reduce(contextSteps.follow, contextSteps.start);
    const [id, traceId, spanId] = [placeOf('requestId'), placeOf('trace_id'), placeOf('span_id')];
    return { id, traceId, spanId, names: namesOf(last, fields) };
  }

  function placeOf(key: string): Place {
    const { name, outside } = schema.contextName(key);
    return { step: steps.named(name), side: outside ? 'outside' : 'inside' };
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
        outside = put(outside, steps.named(name), fields[key], trace, state);
        continue;
      }
      if (isReservedInContext(name)) name = freeName(name, Object.keys(fields), isReservedInContext);
      inside = put(inside, steps.named(name), fields[key], trace, state);
    }
    return finished(inside, outside, trace, state, contextNames.get(step) ?? namesOf(step, fields));
  }

  function finished(
    inside: string,
    outside: string,
    trace: Trace | undefined,
    state: WriterState,
    names: ReadonlySet<string>,
  ): RenderedContext {
    let beside = outside;
    if (schema.name === 'otel' && trace !== undefined) {
      beside = writer.append(beside, steps.named('trace_flags'), trace.flags, state, 1);
    }
    if (holder !== undefined) return { by: self, text: inside.slice(1), outside: beside.slice(1), names };
    return { by: self, text: beside.slice(1) + inside.slice(1), outside: '', names };
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
