export { type BuiltApp, buildApp } from './build-app.js';
export { type BundleSize, bundleSize } from './bundle-size.js';
export { describeInChromium, type OpenedApp, signIn } from './describe-in-chromium.js';
export { type FakeAccounts, type FakePerson, fakeAccounts } from './fake-accounts.js';
export { type FakeAnswer, type FakeRequest, type FakeRoutes, problem } from './fake-api.js';
export { poison, poisoned } from './poisoned.js';
export { type ServedApp, serveApp, strictPolicy } from './serve-app.js';
export { usersPage } from './users-page.js';
export {
  drawn,
  launchChromium,
  type WatchedPage,
  type WatchedPageOptions,
  watchedPage,
} from './watched-page.js';
