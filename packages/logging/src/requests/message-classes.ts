import { IncomingMessage, ServerResponse } from 'node:http';
import { invalidOption } from '@seaworthy/contracts';

/** An Express 4 or 5 application, also one of the type `Application`, which does not say that it has `request` and `response`. */
export interface ExpressAppLike {
  readonly mountpath: string | string[];
}

/** What it makes each request's and each response's prototype. */
export interface ExpressApp extends ExpressAppLike {
  readonly request: object;
  readonly response: object;
}

/** What `createServer` of node:http and node:https takes among its options. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * The classes by which a server makes requests and responses an Express application's own from the start. Express gives each of them
 * another prototype when it comes, and V8 of Node 20 and 22 each one that was given a prototype a hidden class of its own: whatever is read
 * of it or put on it from then on is looked up anew. With these classes Express finds its prototype in place, and a bare request costs
 * about a third there, and about a tenth less on Node 24 and 26. Listeners that have a request before Express (`upgrade`) have Express's.
 *
 * @throws OptionsError when `app` is no Express 4 or 5 application.
 *
 * @example
 * createServer(messageClasses(app), app).listen(3000);
 */
export function messageClasses(app: ExpressAppLike): MessageClasses {
  if (!isExpressApp(app)) {
    throw invalidOption('messageClasses', 'app', 'an Express 4 or 5 application');
  }
  return {
    IncomingMessage: withPrototype(IncomingMessage, app.request),
    ServerResponse: withPrototype(ServerResponse, app.response),
  };
}

/** Whether it gives its requests and responses prototypes, as an Express 4 or 5 application does. */
export function isExpressApp(app: unknown): app is ExpressApp {
  return (
    typeof app === 'function' &&
    Reflect.get(app, 'request') instanceof IncomingMessage &&
    Reflect.get(app, 'response') instanceof ServerResponse
  );
}

/**
 * A function and no `class`, whose prototype nobody can choose. Node's own classes are functions too, up to Node 26; should they become
 * real ones, they stay as they are. A message that cannot be made so, or need not, is Node's, to which Express gives the prototype.
 */
function withPrototype<Class extends new (first: never, second: never) => object>(
  parent: Class,
  prototype: object,
): Class {
  if (Object.getOwnPropertyDescriptor(parent, 'prototype')?.writable !== true) return parent;
  const construct: (this: object, first: unknown, second: unknown) => void = Object(parent);

  function Message(this: object, first: unknown, second: unknown): object {
    // What somebody put in the place of Node's prototypes since then may lack what Node calls before Express comes.
    if (this instanceof parent && !mayBeAnsweredByNode(first)) {
      try {
        construct.call(this, first, second);
        return this;
      } catch {
        // Somebody's getter has the name of a property that Node sets; on a message of Node's the property hides it.
      }
    }
    return Reflect.construct(parent, [first, second]);
  }

  Message.prototype = prototype;
  // V8 takes from the parent how many properties an instance will have.
  return Object.setPrototypeOf(Message, parent);
}

/** Node's own 400 and 417 go through the response's `end`: one that an application replaced would find nothing of Express there. */
function mayBeAnsweredByNode(first: unknown): boolean {
  if (!(first instanceof IncomingMessage)) return false;
  const { host, expect } = first.headers;
  return host === undefined || expect !== undefined;
}
