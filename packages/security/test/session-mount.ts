import type { IncomingMessage } from 'node:http';
import type { Mount, RouteRequest } from '@seaworthy/testkit';
import { sessionOf as ofExpress, withSession as onExpress } from '../src/adapters/express.js';
import { sessionOf as ofFastify, withSession as onFastify } from '../src/adapters/fastify.js';
import { withSession as onNode } from '../src/adapters/node.js';
import type { Session, Sessions } from '../src/sessions/index.js';

export interface Basket {
  readonly theme: string;
  readonly items: readonly string[];
}

/** What caches would keep an answer by, a CDN's own among them, had nobody prevented it. */
export const cacheable: Readonly<Record<string, string>> = {
  'cache-control': 'public, max-age=600',
  'cdn-cache-control': 'max-age=600',
  'Cloudflare-CDN-Cache-Control': 'max-age=600',
  'surrogate-control': 'max-age=600',
  'edge-control': 'max-age=600',
  'x-accel-expires': '600',
  expires: 'Fri, 31 Dec 2100 00:00:00 GMT',
};

/** The same sessions on each of the four hosts, with routes that log in, out, read and write. */
export function sessionMount(sessions: Sessions<Basket>): Mount {
  const of = ({ raw, native }: RouteRequest): Session<Basket> =>
    native === raw ? ofExpress(sessions, raw) : fastifySession(sessions, native, raw);
  return {
    node: (app) => app.use(onNode(sessions)),
    express: (app) => void app.use(onExpress(sessions)),
    fastify: async (app) => void (await app.register(onFastify(sessions))),
    routes: [
      {
        method: 'POST',
        path: '/login/:user',
        handle: async (request) => {
          const about = request.headers['user-agent'];
          await of(request).login(request.params.user ?? '', { about });
          return { headers: cacheable, body: { ok: true } };
        },
      },
      {
        method: 'POST',
        path: '/logout',
        handle: async (request) => {
          await of(request).logout();
          return { status: 204 };
        },
      },
      {
        method: 'POST',
        path: '/items/:item',
        handle: async (request) => {
          const item = request.params.item ?? '';
          await of(request).update((data) => ({ ...data, items: [...(data.items ?? []), item] }));
          return { body: of(request).data };
        },
      },
      {
        method: 'GET',
        path: '/me',
        handle: (request) => ({
          headers: { 'cache-control': 'private, max-age=5' },
          body: { user: of(request).user ?? null, ...of(request).data },
        }),
      },
    ],
  };
}

function fastifySession(sessions: Sessions<Basket>, native: object, raw: IncomingMessage): Session<Basket> {
  return 'raw' in native ? ofFastify(sessions, { raw }) : ofExpress(sessions, raw);
}

/** A browser: one cookie jar, one service at a time. */
export class Browser {
  cookie = '';

  async ask(method: string, url: string, headers: Record<string, string> = {}): Promise<Response> {
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { ...(this.cookie === '' ? {} : { cookie: this.cookie }), ...headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      this.cookie = /Max-Age=0/.test(line) ? '' : (line.split(';')[0] ?? '');
    }
    return answer;
  }
}
