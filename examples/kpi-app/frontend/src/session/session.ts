import type { User } from '@seaworthy-example/kpi-api';
import { createSession } from '@seaworthy-example/ui';
import { http } from '../api/http.js';

export const session = createSession<User>(http);

export const { useUser, useEnter, useWayIn, RequireSession } = session;
