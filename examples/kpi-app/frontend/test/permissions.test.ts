import type { Role, TeamMember, User } from '@seaworthy-example/kpi-api';
import { expect, it } from 'vitest';
import { mayAdminister, mayCheckIn, mayManage } from '../src/session/permissions.js';

const person = (role: Role): User => ({ id: 'u1', email: 'a@b.example', name: 'A', role });
const own: TeamMember[] = [{ userId: 'u1', name: 'A', email: 'a@b.example', role: 'member' }];

it('lets only admins and managers manage', () => {
  expect(
    (['admin', 'manager', 'member', 'viewer'] as const).filter((role) => mayManage(person(role))),
  ).toEqual(['admin', 'manager']);
});

it('lets only admins change accounts', () => {
  expect(
    (['admin', 'manager', 'member', 'viewer'] as const).filter((role) => mayAdminister(person(role))),
  ).toEqual(['admin']);
});

it('lets a member check in on their own team only, and a viewer nowhere', () => {
  expect(mayCheckIn(person('member'), own)).toBe(true);
  expect(mayCheckIn(person('member'), [])).toBe(false);
  expect(mayCheckIn(person('member'), undefined)).toBe(false);
  expect(mayCheckIn(person('viewer'), own)).toBe(false);
  expect(mayCheckIn(person('manager'), [])).toBe(true);
});
