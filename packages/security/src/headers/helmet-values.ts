import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet, { type HelmetOptions } from 'helmet';
import type { HeaderPair } from '../decision.js';

/** What helmet does to a response. */
export interface HelmetValues {
  readonly set: readonly HeaderPair[];
  readonly remove: readonly string[];
}

/**
 * What helmet answers with these options, read once by running it on a response that goes nowhere: helmet stays the
 * authority on names and values, and is paid for at start instead of per request.
 *
 * @throws whatever helmet throws on options that it refuses.
 */
export function readHelmet(options: HelmetOptions): HelmetValues {
  const request = new IncomingMessage(new Socket());
  const response = new RecordingResponse(request);
  helmet(options)(request, response, (error) => {
    if (error !== undefined) throw error;
  });
  return { set: [...response.set], remove: [...response.removed] };
}

/** A response that remembers names as they were written; Node gives them back in lower case only. */
class RecordingResponse extends ServerResponse {
  readonly set = new Map<string, string>();
  readonly removed = new Set<string>();

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.set.set(name, String(value));
    return this;
  }

  override removeHeader(name: string): void {
    this.removed.add(name);
  }
}
