import type { Db } from '../../src/index.js';

/** What every tool is asked to do through a facade. */
export interface Tool {
  /** Inserts a row by the tool's own means, and a value that the tool has to encode. */
  insert(id: number, owner: string): Promise<void>;
  owners(): Promise<string[]>;
  /** Inserts in a transaction and then does `after`, which may throw. */
  inTransaction(id: number, owner: string, after: () => Promise<void>): Promise<void>;
  /** A statement that takes so long in the server. */
  sleep(seconds: number): Promise<unknown>;
  /** What the tool makes of a unique violation, and the server's own code somewhere in it. */
  isUniqueViolation(error: unknown): boolean;
  close(): Promise<void>;
}

export interface ToolCase {
  readonly name: string;
  open(db: Db): Promise<Tool>;
}

/** Every error and cause in `error`, outermost first. */
export function causesOf(error: unknown): object[] {
  const found: object[] = [];
  let at: unknown = error;
  while (typeof at === 'object' && at !== null && !found.includes(at)) {
    found.push(at);
    at = Reflect.get(at, 'cause') ?? Reflect.get(at, 'driverError') ?? Reflect.get(at, 'originalError');
  }
  return found;
}

export function hasCode(error: unknown, code: string | number): boolean {
  return causesOf(error).some((one) =>
    [Reflect.get(one, 'code'), Reflect.get(one, 'errno'), Reflect.get(one, 'originalCode')].includes(code),
  );
}
