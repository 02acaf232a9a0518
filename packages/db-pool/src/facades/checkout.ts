import type { DurationInput } from '@seaworthy/contracts';
import type { DbError } from '../db-error.js';
import type { Lease } from '../session/lease.js';
import type { ToolAccess } from '../session/tool-access.js';

/** A connection in the hands of a tool. */
export interface Checkout {
  readonly lease: Lease;
  /** It is on its way back: no leak any more. */
  returned(): void;
  /** Runs on the lease in turn, within `deadline.query`. */
  run<T>(text: string, start: () => Promise<T>): Promise<T>;
}

/**
 * Borrows for a tool: it has the connection until it gives it back, or for `timeout` at most.
 *
 * @param below - The function whose caller is the borrower, for the report of a leak.
 */
export async function checkOut(
  access: ToolAccess,
  timeout: DurationInput | undefined,
  onOver: (error: DbError) => void,
  below: (...given: never[]) => unknown,
): Promise<Checkout> {
  const { leaks } = access;
  const borrowing = leaks?.borrowed(below);
  const returned = (): void => {
    if (borrowing !== undefined) leaks?.returned(borrowing);
  };
  const whole = access.limits.ofWork({ timeout });
  try {
    const lease = await access.borrow(whole);
    // What tools do with a connection cannot be seen from outside, such as the settings a listener of 'connect' makes.
    lease.distrust();
    lease.limit(whole, () => access.timeoutError());
    lease.onOver(onOver);
    return { lease, returned, run: (text, start) => runOn(access, lease, text, start) };
  } catch (error) {
    returned();
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
    lease.noteRefusal(error);
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
    lease.noteRefusal(error);
    access.failed(error);
    throw error;
  }
}
