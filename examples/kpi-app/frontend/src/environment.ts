/** The variables that a build may carry into the bundle; a build with any other VITE_ variable is refused. */
export const variableNames = [
  'VITE_API_URL',
  'VITE_APP_VERSION',
  'VITE_DEBUG_MODE',
  'VITE_ENABLE_ANALYTICS',
  'VITE_ENABLE_ERROR_REPORTING',
  'VITE_MIXPANEL_TOKEN',
  'VITE_SENTRY_DSN',
  'VITE_SENTRY_ENVIRONMENT',
] as const;

type VariableName = (typeof variableNames)[number];

export interface Environment {
  /** What every path of the API is appended to. @defaultValue '/api' */
  readonly apiUrl: string;
  /** @defaultValue 'development' */
  readonly appVersion: string;
  /** Writes failed queries to the console. @defaultValue false */
  readonly debugMode: boolean;
  /** @defaultValue false */
  readonly analytics: boolean;
  readonly mixpanelToken: string | undefined;
  /** @defaultValue false */
  readonly errorReporting: boolean;
  readonly sentryDsn: string | undefined;
  readonly sentryEnvironment: string | undefined;
}

/**
 * Reads the variables of the build; the only place that knows their names.
 *
 * @throws Error that names the variable when a switch is neither `true` nor `false`.
 */
export function readEnvironment(source: Readonly<Record<string, unknown>>): Environment {
  const text = (name: VariableName) => {
    const value = source[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const flag = (name: VariableName) => {
    const value = text(name) ?? 'false';
    if (value === 'true' || value === 'false') return value === 'true';
    throw new Error(`${name} must be true or false. Correct it and build again.`);
  };
  return {
    apiUrl: text('VITE_API_URL') ?? '/api',
    appVersion: text('VITE_APP_VERSION') ?? 'development',
    debugMode: flag('VITE_DEBUG_MODE'),
    analytics: flag('VITE_ENABLE_ANALYTICS'),
    mixpanelToken: text('VITE_MIXPANEL_TOKEN'),
    errorReporting: flag('VITE_ENABLE_ERROR_REPORTING'),
    sentryDsn: text('VITE_SENTRY_DSN'),
    sentryEnvironment: text('VITE_SENTRY_ENVIRONMENT'),
  };
}
