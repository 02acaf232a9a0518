import { invalidOption } from '@seaworthy/contracts';
import { knownLevel } from '../winston/logger-level.js';
import type { Sink, SinkDefinition, SinkHost } from './sink.js';

export interface OpenedSink {
  readonly sink: Sink;
  readonly level: string | undefined;
}

/** Opens all or none. @throws what the first sink that cannot be opened throws */
export function openSinks(
  definitions: readonly SinkDefinition[],
  levels: Readonly<Record<string, number>>,
  host: SinkHost,
): OpenedSink[] {
  const opened: OpenedSink[] = [];
  if (!Array.isArray(definitions)) throw invalidOption('createLogger', 'sinks', 'an array: [stdout()]');
  for (const definition of definitions) {
    if (typeof definition?.open !== 'function') {
      throw invalidOption(
        'createLogger',
        'sinks',
        'made of stdout() and file(path); a winston transport is attached with logger.add()',
      );
    }
    const { name, level } = definition;
    if (level !== undefined) knownLevel(name, level, levels);
  }
  try {
    for (const definition of definitions) {
      opened.push({ sink: definition.open(host), level: definition.level });
    }
  } catch (error) {
    for (const { sink } of opened) closeQuietly(sink);
    throw error;
  }
  return opened;
}

/** One that cannot be closed must not keep the others open, nor hide why there is no logger. */
function closeQuietly(sink: Sink): void {
  try {
    sink.close();
  } catch {
    // Whoever made the sink has no logger to tell it by.
  }
}
