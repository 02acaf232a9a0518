import { type Engine, isInstalled, unavailable } from './engines.js';

/** @throws ServerUnavailable when one is missing. */
export async function ensureInstalled(engines: readonly Engine[]): Promise<void> {
  const missing = engines.filter((engine) => !isInstalled(engine));
  if (missing.length > 0) throw unavailable(missing, 'its programs were not found');
}
