import {
  DeadlineError,
  type DurationInput,
  invalidOption,
  optionsOf,
  withDeadline,
} from '@seaworthy/contracts';
import { durationOption } from '../duration-option.js';
import { jsonLosses, repeatedKey } from '../fields/json-losses.js';
import { entriesOf, type SecretKeys, undeclaredFault } from '../sources/entries-of.js';
import type { Origin } from '../sources/origin.js';
import type { RemoteContext, RemoteReading, RemoteSource, SourceFault } from '../sources/source.js';

export type { SecretKeys } from '../sources/entries-of.js';

/** The part of `SecretsManager` of `@aws-sdk/client-secrets-manager` that is used. */
export interface SecretsManagerClient {
  getSecretValue(
    input: { SecretId: string; VersionStage?: string },
    options: { abortSignal: AbortSignal },
  ): Promise<{
    readonly SecretString?: string | undefined;
    readonly SecretBinary?: Uint8Array | undefined;
    readonly VersionId?: string | undefined;
  }>;
}

export interface AwsSecretsOptions {
  /** `new SecretsManager({ region })`. Region, credentials, endpoint and retries are its own. */
  readonly client: SecretsManagerClient;
  /** Name or ARN of the secret. */
  readonly secretId: string;
  /** @defaultValue 'AWSCURRENT' */
  readonly versionStage?: string;
  /** The variable that the whole secret is the text of. @defaultValue none: the secret is a JSON object whose keys are variables */
  readonly as?: string;
  /** Which key gives a variable, where they are not called alike. @defaultValue {} */
  readonly keys?: SecretKeys;
  /** How long the answer may take with all retries of the client. @defaultValue '10s' */
  readonly timeout?: DurationInput;
}

const readOptions = optionsOf<AwsSecretsOptions>('awsSecrets', {
  client: true,
  secretId: true,
  versionStage: true,
  as: true,
  keys: true,
  timeout: true,
});

/**
 * A secret of AWS Secrets Manager whose keys are variables, or that is one variable. For `loadAsync` and `watch`. The
 * client is handed in, so that its version, credentials and instrumentation stay the service's own.
 *
 * @throws OptionsError for what can never work.
 *
 * @example
 * import { SecretsManager } from '@aws-sdk/client-secrets-manager';
 *
 * const source = awsSecrets({ client: new SecretsManager({ region: 'eu-central-1' }), secretId: 'orders/production' });
 * const config = await schema.loadAsync({ sources: [sources.env(), source] });
 */
export function awsSecrets(options: AwsSecretsOptions): RemoteSource {
  const { client, secretId, versionStage, as, keys = {}, timeout = '10s' } = readOptions(options);
  if (typeof client?.getSecretValue !== 'function') {
    throw invalidOption('awsSecrets', 'client', 'a SecretsManager of @aws-sdk/client-secrets-manager');
  }
  if (typeof secretId !== 'string' || secretId === '') {
    throw invalidOption('awsSecrets', 'secretId', 'the name or the ARN of a secret');
  }
  if (as !== undefined && Object.keys(keys).length > 0) {
    throw invalidOption('awsSecrets', 'keys', 'absent together with as, which takes the secret whole');
  }
  const timeoutMs = durationOption('awsSecrets', 'timeout', timeout, { min: 1 });
  const name = `aws ${secretId}`;

  async function read({ names }: RemoteContext, abortSignal: AbortSignal): Promise<RemoteReading> {
    const undeclared = undeclaredFault(as === undefined ? Object.keys(keys) : [as], names);
    if (undeclared !== undefined) {
      return { entries: [], unreadable: [{ name, fault: undeclared, origin: { source: 'aws', at: name } }] };
    }
    const input = {
      SecretId: secretId,
      ...(versionStage === undefined ? {} : { VersionStage: versionStage }),
    };
    const reply = await client.getSecretValue(input, { abortSignal });
    const text = textOf(reply);
    const version = reply.VersionId === undefined ? '' : `, version ${reply.VersionId}`;
    if (text === undefined)
      return failed('holds nothing that is UTF-8 text', 'Write a text into the secret.');
    const originOf = (key?: string): Origin => ({
      source: 'aws',
      at: `${name}${key === undefined ? '' : `, key ${key}`}${version}`,
    });
    if (as !== undefined) return { entries: [{ name: as, value: text, origin: originOf() }] };
    const secret = objectOf(text);
    if (secret !== undefined && [...jsonLosses(text)].includes(repeatedKey)) {
      return failed(repeatedKey, 'Write each key once.');
    }
    if (secret !== undefined) return { entries: entriesOf(secret, { names, keys, originOf }) };
    return failed(
      'is no JSON object',
      'Write an object of variables into it, or say which variable it is: as.',
    );
  }

  function failed(message: string, fix: string): RemoteReading {
    return { entries: [], unreadable: [unreadable(name, message, fix)] };
  }

  return {
    name: 'aws',
    async fetch(context, signal) {
      try {
        const limits = { timeoutMs, what: 'AWS Secrets Manager', signal };
        return await withDeadline((given) => read(context, given), limits);
      } catch (error) {
        signal.throwIfAborted();
        if (DeadlineError.is(error)) {
          return failed(
            `was not answered within ${timeoutMs} ms`,
            'Look at the network and at the region of the client.',
          );
        }
        const { message, fix } = reasonOf(error);
        return failed(message, fix);
      }
    },
  };
}

function textOf({ SecretString, SecretBinary }: Awaited<ReturnType<SecretsManagerClient['getSecretValue']>>) {
  if (SecretString !== undefined) return SecretString;
  try {
    return SecretBinary && new TextDecoder('utf-8', { fatal: true }).decode(SecretBinary);
  } catch {
    return undefined;
  }
}

function objectOf(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined; // its message would quote the secret
  }
}

/** By the names of the service's own errors; their messages are not shown, since they are not ours. */
const reasons: Readonly<Record<string, { readonly message: string; readonly fix: string }>> = {
  ResourceNotFoundException: {
    message: 'does not exist in the region of the client',
    fix: 'Check secretId, versionStage and the region.',
  },
  AccessDeniedException: {
    message: 'may not be read with the credentials of the client',
    fix: 'Allow secretsmanager:GetSecretValue on it, and kms:Decrypt on its key.',
  },
  DecryptionFailure: {
    message: 'cannot be decrypted',
    fix: 'Allow kms:Decrypt on its key.',
  },
  InvalidRequestException: {
    message: 'cannot be read in its state: it may be marked for deletion',
    fix: 'Restore it: aws secretsmanager restore-secret.',
  },
  CredentialsProviderError: {
    message: 'cannot be asked for: the client has no credentials',
    fix: 'Give the client credentials, or the process a role.',
  },
};

function reasonOf(error: unknown): { readonly message: string; readonly fix: string } {
  const name = error instanceof Error ? error.name : '';
  const known = Object.hasOwn(reasons, name) ? reasons[name] : undefined;
  if (known !== undefined) return known;
  const shown = /^[A-Za-z]{1,60}(?:Exception|Error|Failure|Fault)$/.test(name) ? ` (${name})` : '';
  return {
    message: `was not given${shown}`,
    fix: 'Look with: aws secretsmanager get-secret-value --query VersionId --secret-id …',
  };
}

function unreadable(name: string, message: string, fix: string): SourceFault {
  return {
    name,
    fault: {
      code: 'unreadable',
      message: `${message}; what is missing may stand in it, so missing variables are not listed`,
      expected: 'a secret that this service may read',
      fix,
    },
    origin: { source: 'aws', at: name },
  };
}
