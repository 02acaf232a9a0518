import { guardRoutes } from '@seaworthy/security/fastify';
import { definePolicy } from '@seaworthy/security/roles';
import { ApiError } from '@seaworthy-example/server';
import { knownUser, notLoggedIn } from './authenticate.js';

/** Who may do what. Every route of the API names one of these actions, or that it is for anyone. */
export const policy = definePolicy({
  actions: [
    'self.read',
    'dashboard.read',
    'client.read',
    'client.write',
    'invoice.read',
    'invoice.write',
    'invoice.void',
    'payment.add',
    'account.read',
    'account.write',
  ],
  roles: {
    viewer: { may: ['self.read', 'dashboard.read', 'client.read', 'invoice.read'] },
    sales: { like: ['viewer'], may: ['client.write', 'invoice.write'] },
    accountant: { like: ['sales'], may: ['invoice.void', 'payment.add'] },
    admin: { like: ['accountant'], may: ['account.read', 'account.write'] },
  },
});

export const { may, anyone } = guardRoutes(policy, {
  userOf: (request: object) => knownUser(request),
  refuse: (reason) =>
    reason === 'forbidden' ? new ApiError(403, 'FORBIDDEN', 'Your role does not allow this.') : notLoggedIn(),
});
