import { type To, useLocation } from 'react-router';
import { useSession } from '../session/session.js';

export interface Entrance {
  readonly signedIn: boolean;
  /** The page that was asked for before the login came between. */
  readonly target: To;
}

export function useEntrance(): Entrance {
  const { data: user } = useSession();
  const { state }: { state: unknown } = useLocation();
  const from: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, 'from') : undefined;
  return { signedIn: user !== undefined && user !== null, target: typeof from === 'string' ? from : '/' };
}
