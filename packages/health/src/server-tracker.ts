import type { ServerHttp2Session } from 'node:http2';
import { Server, type Socket } from 'node:net';
import type { Clock } from '@seaworthy/contracts';
import type { AnyRequest, AnyResponse } from './any-request.js';
import { arrivingRequests } from './arriving-requests.js';
import { watchEvents } from './event-watch.js';
import { createNewcomers } from './newcomers.js';
import { askToClose, destroyAnswer, endStream, goAway, refuseStreams } from './turn-away.js';
import { watchUpgrades } from './upgrade-watch.js';

/** What a shutdown knows about one server and does to it. */
export interface ServerTracker {
  readonly server: Server;
  /** From now on every answer says `Connection: close` (HTTP/2: GOAWAY), so that clients turn away by themselves. */
  discourage(): void;
  /** Whether a request other than a probe came since the last call. */
  active(): boolean;
  /** Whether a connection is so young that its first request may still follow. */
  expecting(youngerThanMs: number): boolean;
  /** Closes the listener and every connection without a request in it. */
  closeListener(): void;
  /** Again: a connection whose request has ended meanwhile. */
  sweep(): void;
  /** The requests that are not answered yet: `GET /path`. Event streams are none: they do not end by themselves. */
  pending(): readonly string[];
  /** Ends event streams and upgraded connections, then all that is left; resolves when no connection is. */
  end(graceMs: number): Promise<void>;
  /** Takes the listeners off again. */
  release(): void;
}

export interface ServerTrackerOptions {
  readonly clock: Clock;
  /** Whether the request is a health probe, which says nothing about traffic. */
  readonly isProbe: (request: AnyRequest) => boolean;
  /** Goes over the path of a request before it is named: paths hold reset tokens and the like. */
  readonly redactText: (text: string) => string;
  /** Called when the server listens, also when it does already. */
  readonly onListening: () => void;
}

/** So many are named; the rest is a number. */
const maxNamed = 20;

/** Whether they are probes is known only later, when a handler has seen them; one that is none is enough. */
const maxRecent = 1_000;

export function trackServer(server: Server, options: ServerTrackerOptions): ServerTracker {
  const { clock, isProbe, redactText } = options;
  const sockets = new Set<Socket>();
  const newcomers = createNewcomers(clock);
  const sessions = new Set<ServerHttp2Session>();
  const inFlight = new Map<AnyResponse, AnyRequest>();
  const arriving = arrivingRequests(clock);
  let discouraging = false;
  let closing = false;
  let recent: AnyRequest[] = [];

  const isHttp2 = 'updateSettings' in server;
  const isTls = 'setSecureContext' in server;

  const onConnection = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (isTls) newcomers.handshake(socket);
  };
  const onReady = (socket: Socket): void => {
    newcomers.add(socket);
    arriving.watch(socket);
    socket.once('close', () => newcomers.delete(socket));
  };
  const onSession = (session: ServerHttp2Session): void => {
    sessions.add(session);
    newcomers.add(session); // and asked to turn away with its first request: before, it may have nowhere else to go
    session.once('close', () => {
      sessions.delete(session);
      newcomers.delete(session);
    });
  };
  const onSecure = (socket: Socket): void => newcomers.secured(socket);
  const onRequest = (request: AnyRequest, response: AnyResponse): void => {
    if (inFlight.has(response)) return; // whoever accepts an expectation may emit it as an ordinary request then
    const { socket } = request;
    const session = 'stream' in request ? request.stream.session : undefined;
    newcomers.delete(session ?? socket);
    inFlight.set(response, request);
    response.once('close', () => {
      inFlight.delete(response);
      arriving.answered(socket);
    });
    if (!discouraging) return;
    if (recent.length < maxRecent) recent.push(request);
    if (session === undefined) askToClose(request, response);
    else refuseStreams(session);
  };
  const onListening = (): void => {
    if (closing)
      stopListening(server); // it was on its way to listen when the shutdown began
    else options.onListening();
  };
  const stopWatchingExpectations = watchEvents(server, ['checkContinue', 'checkExpectation'], onRequest);
  const upgrades = watchUpgrades(server, (socket) => {
    newcomers.delete(socket);
    arriving.forget(socket);
  });

  server.on('connection', onConnection);
  // A client of HTTP/2 has one connection, and its session says all about it.
  if (!isHttp2) server.on(isTls ? 'secureConnection' : 'connection', onReady);
  if (isHttp2) server.on('session', onSession);
  if (isTls) server.on('secureConnection', onSecure);
  server.prependListener('request', onRequest);
  server.on('listening', onListening);
  if (server.listening) onListening();

  function sweep(): void {
    for (const socket of newcomers.sockets()) {
      // Node calls a connection that has sent nothing busy. One that has is in the middle of a request.
      if (!arriving.has(socket)) socket.end();
    }
    // Node calls a connection idle whose answer is complete but has not left yet, and would cut it short.
    if ([...inFlight.keys()].some((response) => response.writableEnded)) return;
    if ('closeIdleConnections' in server && typeof server.closeIdleConnections === 'function') {
      server.closeIdleConnections();
    }
  }

  return {
    server,
    discourage() {
      discouraging = true;
      for (const [response, request] of inFlight) askToClose(request, response);
      for (const session of sessions) if (!newcomers.has(session)) refuseStreams(session);
    },
    active() {
      const requests = recent;
      recent = [];
      return requests.some((request) => !isProbe(request));
    },
    expecting: newcomers.expecting,
    closeListener() {
      closing = true;
      stopListening(server);
      for (const session of sessions) session.close();
      sweep();
    },
    sweep,
    pending() {
      const answers = [...inFlight].filter(([response]) => !isEventStream(response));
      const waited = [...answers.map(([, request]) => request), ...upgrades.unanswered()];
      const named = waited.slice(0, maxNamed).map((request) => redactText(describeRequest(request)));
      if (waited.length > maxNamed) named.push(`${waited.length - maxNamed} more requests`);
      const begun = arriving.pending(new Set([...inFlight.values()].map(({ socket }) => socket)));
      return begun === 0 ? named : [...named, `headers of ${begun} requests`];
    },
    async end(graceMs) {
      const unfinished = [...inFlight];
      const streams = unfinished.filter(([response]) => isEventStream(response));
      sweep();
      for (const entry of unfinished) if (!streams.includes(entry)) destroyAnswer(entry[0]);
      for (const [response] of streams) endStream(response);
      for (const socket of upgrades.others()) socket.end();
      for (const socket of upgrades.webSockets()) goAway(socket);
      if (sockets.size > 0) await emptied(sockets, graceMs / 2, clock);
      for (const socket of upgrades.webSockets()) socket.end(); // its owner has not closed it
      if (sockets.size > 0) await emptied(sockets, graceMs / 2, clock);
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      if (closing) stopChecking(server);
    },
    release() {
      stopWatchingExpectations();
      upgrades.stop();
      server.removeListener('connection', onConnection);
      server.removeListener('connection', onReady);
      server.removeListener('secureConnection', onReady);
      server.removeListener('secureConnection', onSecure);
      server.removeListener('session', onSession);
      server.removeListener('request', onRequest);
      server.removeListener('listening', onListening);
    },
  };
}

/**
 * The listener alone. `close()` of an http server also closes idle connections, with the fault that `sweep` avoids, and
 * ends the timeouts for slow headers and requests, which a drain still needs.
 */
function stopListening(server: Server): void {
  if (server.listening) Server.prototype.close.call(server);
}

/**
 * The timer that looks for slow headers and requests. `close()` of an http server clears it, and emits `close` a second time
 * where the listener is closed already; a timer that is left holds the server, and all that its listeners hold, for ever.
 */
function stopChecking(server: Server): void {
  for (const key of Object.getOwnPropertySymbols(server)) {
    if (key.description === 'http.server.connectionsCheckingInterval')
      clearInterval(Reflect.get(server, key));
  }
}

function isEventStream(response: AnyResponse): boolean {
  if (!response.headersSent) return false;
  const type = response.getHeader('content-type');
  if (type !== undefined) return String(type).startsWith('text/event-stream');
  // Headers given to writeHead, as Fastify does, are only in the text that was sent.
  const sent: unknown = Reflect.get(response, '_header');
  return typeof sent === 'string' && /^content-type: *text\/event-stream/im.test(sent);
}

/** The query stays out: tokens travel there. */
function describeRequest(request: AnyRequest): string {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  return `request ${request.method ?? 'GET'} ${path.slice(0, 200)}`;
}

function emptied(sockets: ReadonlySet<Socket>, graceMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.schedule(() => resolve(), graceMs, { keepAlive: true });
    let left = sockets.size;
    for (const socket of sockets) {
      socket.once('close', () => {
        left -= 1;
        if (left > 0) return;
        timer.cancel();
        resolve();
      });
    }
  });
}
