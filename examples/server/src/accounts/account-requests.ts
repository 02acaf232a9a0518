import * as z from 'zod';
import { pageNumber, searchText } from '../list-query.js';

/** The query of a list of accounts. */
export const accountFilter = z.object({
  search: searchText,
  status: z.enum(['active', 'deactivated']).optional(),
  page: pageNumber,
});

/** What an administrator may change of an account. */
export function accountChanges<const Role extends string>(roles: readonly [Role, ...Role[]]) {
  return z
    .object({
      role: z.enum(roles, 'Choose a role.').optional(),
      active: z.boolean('Say true or false.').optional(),
    })
    .refine(
      ({ role, active }) => role !== undefined || active !== undefined,
      'Change the role or whether it is active.',
    );
}

/** What an administrator says of somebody new. */
export function newAccount<const Role extends string>(roles: readonly [Role, ...Role[]]) {
  return z.object({
    name: z.string().trim().min(1, 'Enter a name.').max(100),
    email: z.email('Enter an e-mail address.').max(254),
    role: z.enum(roles, 'Choose a role.'),
  });
}
