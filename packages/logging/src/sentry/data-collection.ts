/**
 * What Sentry may collect by itself: what a request was, never what was in it. Sentry 11 collects everything that is not named here.
 * What a service adds of its own accord (`setUser`, `setExtra`, breadcrumbs) is sent, redacted.
 */
export const dataCollection = {
  userInfo: false,
  cookies: false,
  httpHeaders: { request: { allow: ['user-agent', 'content-type'] }, response: false },
  httpBodies: [],
  urlQueryParams: false,
  graphQL: { document: false, variables: false },
  genAI: { inputs: false, outputs: false },
  mcp: { inputs: false, outputs: false },
  databaseQueryData: false,
  queues: false,
  stackFrameVariables: false,
} as const;
