import { defineConfig, env } from '@seaworthy/config';

const onOff = (meaning: string) => env.bool().default(false).client().describe(meaning);

/**
 * The variables of a build, as a schema: `.env.example` is written from it. The pages themselves read them with
 * `environment.ts`, which must stay small; a test holds the two together.
 */
export const schema = defineConfig({
  unknown: { prefixes: ['VITE_'] },
  fields: {
    VITE_API_URL: env
      .string({ pattern: /^(?:https?:\/\/|\/)/ })
      .default('/api')
      .client()
      .describe('What every path of the API is appended to: a path of the same host, or a whole URL.'),
    VITE_APP_VERSION: env.string().default('development').client().describe('Shown and reported.'),
    VITE_DEBUG_MODE: env
      .bool()
      .default(false)
      .default(true, { only: ['development'] })
      .client()
      .describe('Writes failed queries to the console.'),
    VITE_ENABLE_ANALYTICS: onOff('Whether visits are counted.'),
    VITE_ENABLE_ERROR_REPORTING: onOff('Whether errors are reported.'),
    VITE_MIXPANEL_TOKEN: env.string().optional().client().describe('Where visits are counted; it is public.'),
    VITE_SENTRY_DSN: env
      .url({ protocols: ['https:'] })
      .optional()
      .client()
      .describe('Where errors are reported; it is public.'),
    VITE_SENTRY_ENVIRONMENT: env.string().optional().client().describe('As which environment.'),
  },
  rules: (rule) => [
    rule.equals('VITE_ENABLE_ANALYTICS', true).requires('VITE_MIXPANEL_TOKEN'),
    rule.equals('VITE_ENABLE_ERROR_REPORTING', true).requires('VITE_SENTRY_DSN'),
  ],
});
