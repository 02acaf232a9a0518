import { invalidOption } from '@seaworthy/contracts';
import { knownLevel } from './logger-level.js';
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
  try {
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
      opened.push({ sink: definition.open(host), level });
    }
  } catch (error) {
    for (const { sink } of opened) sink.close();
    throw error;
  }
  return opened;
}
