import type { Logger, LogMethod } from '@seaworthy/contracts';

/**
 * The same logger, whose throws are nobody's. A destination that was closed too early, as in a shutdown, would otherwise
 * end the process from within a timer, or a shutdown between two of its phases.
 */
export function calmLogger(logger: Logger): Logger {
  const calm =
    (level: keyof Logger): LogMethod =>
    (message, fields) => {
      try {
        return logger[level](message, fields);
      } catch {
        return undefined; // there is nowhere left to say so
      }
    };
  return { error: calm('error'), warn: calm('warn'), info: calm('info'), debug: calm('debug') };
}
