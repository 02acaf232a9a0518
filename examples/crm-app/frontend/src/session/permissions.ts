import type { User } from '@seaworthy-example/crm-api';

/** Whether a user may create and change clients and invoices. The server decides; this hides what it would refuse. */
export function mayWrite(user: User): boolean {
  return user.role !== 'viewer';
}

/** Whether a user may record payments and void invoices. */
export function mayHandleMoney(user: User): boolean {
  return user.role === 'admin' || user.role === 'accountant';
}

/** Whether a user sees the accounts of the others and changes them. */
export function mayAdminister(user: User): boolean {
  return user.role === 'admin';
}
