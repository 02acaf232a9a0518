/** Where a value came from. Holds no value, and no path that a variable named. */
export interface Origin {
  /** The kind of place: `environment`, `dotenv`, `file`, `default`, or the name of a source of your own. */
  readonly source: string;
  /** The place as a person finds it: `the process environment`, `.env.local:3`. */
  readonly at: string;
  readonly file?: string;
  readonly line?: number;
}

export const inEnvironment: Origin = Object.freeze({
  source: 'environment',
  at: 'the process environment',
});
