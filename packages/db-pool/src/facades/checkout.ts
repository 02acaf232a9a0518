import type { DurationInput } from '@seaworthy/contracts';
import type { DbError } from '../db-error.js';
import type { Lease } from '../session/lease.js';
import type { ToolAccess } from '../session/tool-access.js';

/** A connection in the hands of a tool. */
export interface Checkout {
  readonly lease: Lease;
  /** Runs on the lease in turn, within `deadline.query`. */
  run<T>(text: string, start: () => Promise<T>): Promise<T>;
}

/** Borrows for a tool: it has the connection until it gives it back, or for `timeout` at most. */
export async function checkOut(
  access: ToolAccess,
  timeout: DurationInput | undefined,
  onOver: (error: DbError) => void,
): Promise<Checkout> {
  const whole = access.limits.ofWork({ timeout });
  try {
    const lease = await access.borrow(whole);
    lease.limit(whole, () => access.timeoutError());
    lease.onOver(onOver);
    return { lease, run: (text, start) => runOn(access, lease, text, start) };
  } catch (error) {
    access.failed(error);
    throw error;
  }
}

/** Runs one statement on whichever connection is free. */
export async function runAlone<T>(
  access: ToolAccess,
  text: string,
  start: (lease: Lease) => Promise<T>,
): Promise<T> {
  const limits = access.limits.ofQuery(undefined);
  let lease: Lease;
  try {
    lease = await access.borrow(limits);
  } catch (error) {
    access.failed(error);
    throw error;
  }
  try {
    return await lease.run(text, () => start(lease), limits);
  } catch (error) {
    access.failed(error);
    throw error;
  } finally {
    void lease.release();
  }
}

async function runOn<T>(access: ToolAccess, lease: Lease, text: string, start: () => Promise<T>): Promise<T> {
  try {
    return await lease.run(text, start, access.limits.ofQuery(undefined));
  } catch (error) {
    access.failed(error);
    throw error;
  }
}
