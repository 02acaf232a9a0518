import type { User } from '@seaworthy-example/crm-api';
import { createSession } from '@seaworthy-example/ui';
import { http } from '../api/http.js';

export const { useUser, useEnter, useLeave, useWayIn, RequireSession } = createSession<User>(http);
