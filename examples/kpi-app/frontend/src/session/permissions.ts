import type { TeamMember, User } from '@seaworthy-example/kpi-api';

/** Whether a user may create and change teams, objectives and key results. The server decides; this hides what it would refuse. */
export function mayManage(user: User): boolean {
  return user.role === 'admin' || user.role === 'manager';
}

/** Members report on the key results of their own teams. */
export function mayCheckIn(user: User, members: readonly TeamMember[] | undefined): boolean {
  if (mayManage(user)) return true;
  return user.role === 'member' && members?.some(({ userId }) => userId === user.id) === true;
}

/** Whether a user sees the accounts of the others and changes them. */
export function mayAdminister(user: User): boolean {
  return user.role === 'admin';
}
