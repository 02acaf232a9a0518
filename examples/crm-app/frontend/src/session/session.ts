import type { User } from '@seaworthy-example/crm-api';
import { createSession } from '@seaworthy-example/ui';
import { http } from '../api/http.js';

export const session = createSession<User>(http);

export const { useUser, RequireSession } = session;
