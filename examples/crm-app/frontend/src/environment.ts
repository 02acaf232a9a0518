/** The variables that a build may carry into the bundle; a build with any other VITE_ variable is refused. */
export const variableNames = ['VITE_API_URL', 'VITE_APP_VERSION', 'VITE_DEBUG_MODE'] as const;

type VariableName = (typeof variableNames)[number];

export interface Environment {
  /** What every path of the API is appended to. @defaultValue '/api' */
  readonly apiUrl: string;
  /** @defaultValue 'development' */
  readonly appVersion: string;
  /** Writes failed queries to the console. @defaultValue false */
  readonly debugMode: boolean;
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
  const debugMode = text('VITE_DEBUG_MODE') ?? 'false';
  if (debugMode !== 'true' && debugMode !== 'false') {
    throw new Error('VITE_DEBUG_MODE must be true or false. Correct it and build again.');
  }
  return {
    apiUrl: text('VITE_API_URL') ?? '/api',
    appVersion: text('VITE_APP_VERSION') ?? 'development',
    debugMode: debugMode === 'true',
  };
}
