import {
  ConfigError,
  defineConfig,
  type Field,
  type Problem,
  type StandardSchema,
  sources,
} from '../../src/index.js';

/** Loads one variable `X` from `text`: its value, or the problems. */
export function loadField(
  field: Field | StandardSchema,
  text: string | undefined,
  profile = 'development',
): { readonly value?: unknown; readonly problems: readonly Problem[] } {
  const schema = defineConfig({ fields: { X: field } });
  try {
    const config = schema.load({ env: { APP_ENV: profile, X: text }, sources: [sources.env()] });
    return { value: config.X, problems: [] };
  } catch (error) {
    if (!ConfigError.is(error)) throw error;
    return { problems: error.problems };
  }
}

/** What `load` throws, which must be a ConfigError. */
export function configErrorOf(load: () => unknown): ConfigError {
  try {
    load();
  } catch (error) {
    if (ConfigError.is(error)) return error;
    throw error;
  }
  throw new Error('Expected a ConfigError, and nothing was thrown.');
}

/** What a promise is rejected with, which must be a ConfigError. */
export async function configErrorFrom(loading: Promise<unknown>): Promise<ConfigError> {
  try {
    await loading;
  } catch (error) {
    if (ConfigError.is(error)) return error;
    throw error;
  }
  throw new Error('Expected a ConfigError, and nothing was thrown.');
}
