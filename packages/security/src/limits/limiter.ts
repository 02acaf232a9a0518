import { type Clock, invalidOption, type Metrics, optionsOf, wholeNumber } from '@seaworthy/contracts';
import type { BreakerChange } from '../breaker.js';
import type { HeaderPair } from '../decision.js';
import { exactPaths, readPaths } from '../request-path.js';
import { SecurityError } from '../security-error.js';
import { type GuardedStore, guardStore, remoteOf } from './guarded-store.js';
import { type LimitHeaderForm, limitHeaderNames, limitHeaders, type Standing } from './limit-headers.js';
import { type LimitPolicy, type LimitRequest, shareOf } from './limit-policy.js';
import type { LimitCharge, LimitOutcomes, LimitStore } from './limit-store.js';
import { memoryStore } from './memory-store.js';

export interface LimitsOptions {
  readonly policies: readonly LimitPolicy[];
  /** Where counts are kept. @defaultValue memoryStore(), which one process alone sees */
  readonly store?: LimitStore;
  /** How many processes share the store: while it is down, each gives out its part of every limit. @defaultValue 1 */
  readonly instances?: number;
  /** How limits are told to clients. @defaultValue 'standard' */
  readonly headers?: LimitHeaderForm;
  /** The whole body of a 429, as plain text. @defaultValue a problem document (RFC 9457) */
  readonly message?: string;
  /**
   * What no policy counts: GET and HEAD of these paths and of what lies under them, written exactly so. A prober must meet
   * no limit, and its answers must carry the same headers as all others, so security stands before the health endpoints.
   * @defaultValue ['/livez', '/readyz', '/startupz', '/health']
   */
  readonly except?: readonly string[];
}

export interface LimitResult {
  readonly headers: readonly HeaderPair[];
  readonly refused: Refusal | undefined;
}

export interface Refusal {
  readonly kind: 'limited' | 'unavailable';
  readonly policy: string;
  readonly retryAfterMs: number;
}

export interface Limiter {
  readonly headerNames: readonly string[];
  readonly message: string | undefined;
  /** Whether counts are kept where they were asked to be. */
  readonly storeUp: boolean;
  check(request: LimitRequest): LimitResult | Promise<LimitResult>;
}

export interface LimiterContext {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly onStoreChange: (change: BreakerChange) => void;
}

interface Demand {
  readonly policy: LimitPolicy;
  readonly charge: LimitCharge;
}

const owner = 'createSecurity limits';

const readOptions = optionsOf<LimitsOptions>(owner, {
  policies: true,
  store: true,
  instances: true,
  headers: true,
  message: true,
  except: true,
});

/** The paths of @seaworthy/health, which answers nothing else there. */
const probed: readonly string[] = ['/livez', '/readyz', '/startupz', '/health'];

/** One call of Redis tells this many apart, many times over. */
const maxPolicies = 100;

const passed: LimitResult = { headers: [], refused: undefined };

/** Asks every policy that applies, all at once. Answers in the same turn when the counts are kept in this process. */
export function createLimiter(options: LimitsOptions, context: LimiterContext): Limiter {
  const {
    policies,
    instances = 1,
    headers: form = 'standard',
    message,
    except = probed,
  } = readOptions(options);
  const { clock, metrics } = context;
  const exempt = exactPaths(readPaths(owner, 'except', except));
  const local = memoryStore({ clock, metrics });
  const store = options.store ?? local;
  if (!Object.hasOwn(limitHeaderNames, form))
    throw invalidOption(owner, 'headers', "'standard', 'draft-6', 'legacy' or 'none'");
  if (new Set(policies.map(({ rule }) => rule.name)).size < policies.length) {
    throw invalidOption(owner, 'policies', 'a list of policies with names of their own');
  }
  if (policies.length > maxPolicies)
    throw invalidOption(owner, 'policies', `at most ${maxPolicies} policies`);
  wholeNumber(owner, 'instances', instances, { min: 1, max: 10_000 });
  const guarded = guardRemote(store, context);

  function answer(demands: readonly Demand[], outcomes: LimitOutcomes): LimitResult {
    const standings: Standing[] = [];
    let worst: Standing | undefined;
    for (const [index, { policy }] of demands.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      const standing = { rule: policy.rule, outcome };
      standings.push(standing);
      if (!outcome.allowed && outcome.retryAfterMs > (worst?.outcome.retryAfterMs ?? -1)) worst = standing;
    }
    return {
      headers: limitHeaders(form, standings, clock),
      refused: worst && {
        kind: 'limited',
        policy: worst.rule.name,
        retryAfterMs: worst.outcome.retryAfterMs,
      },
    };
  }

  function withoutStore(demands: readonly Demand[]): LimitResult {
    const closed = demands.find(({ policy }) => policy.onStoreDown === 'closed');
    if (closed !== undefined) {
      const refused: Refusal = { kind: 'unavailable', policy: closed.policy.rule.name, retryAfterMs: 1_000 };
      return { headers: [['Retry-After', '1']], refused };
    }
    const counted = demands.filter(({ policy }) => policy.onStoreDown === 'local');
    const shares = counted.map(({ policy, charge }) => ({
      ...charge,
      rule: shareOf(policy.rule, instances),
    }));
    return answer(counted, local.consume(shares));
  }

  async function askRemote(remote: GuardedStore, demands: readonly Demand[]): Promise<LimitResult> {
    const outcomes = await remote.consume(demands.map(({ charge }) => charge));
    return outcomes === undefined ? withoutStore(demands) : answer(demands, outcomes);
  }

  return {
    headerNames: limitHeaderNames[form],
    message,
    get storeUp() {
      return guarded?.up ?? true;
    },
    check(request) {
      if ((request.method === 'GET' || request.method === 'HEAD') && exempt(request.url)) return passed;
      const demands: Demand[] = [];
      for (const policy of policies) {
        const demand = demandOf(policy, request);
        if (demand !== undefined) demands.push(demand);
      }
      if (demands.length === 0) return passed;
      if (guarded !== undefined) return guarded.up ? askRemote(guarded, demands) : startTry(guarded, demands);
      const outcomes = store.consume(demands.map(({ charge }) => charge));
      return outcomes instanceof Promise
        ? outcomes.then((all) => answer(demands, all))
        : answer(demands, outcomes);
    },
  };

  /** With the store known to be down the answer is there at once; asking is left to the guard, in the background. */
  function startTry(remote: GuardedStore, demands: readonly Demand[]): LimitResult {
    void remote.consume([]);
    return withoutStore(demands);
  }
}

function guardRemote(store: LimitStore, { clock, onStoreChange }: LimiterContext): GuardedStore | undefined {
  const { deadlineMs } = store;
  if (deadlineMs === undefined) return undefined;
  return guardStore(remoteOf(store, deadlineMs), { clock, onChange: onStoreChange });
}

function demandOf(policy: LimitPolicy, request: LimitRequest): Demand | undefined {
  if (!policy.applies(request.url)) return undefined;
  const key = policy.key(request);
  if (key === undefined) return undefined;
  if (typeof key !== 'string') {
    throw new SecurityError(
      `Policy "${policy.rule.name}": key() must return a string, or undefined for a request that it does not count. Wrap an id in String().`,
      { code: 'SECURITY_INVALID_KEY' },
    );
  }
  const cost = policy.cost(request);
  if (!Number.isSafeInteger(cost) || cost < 0) {
    throw new SecurityError(
      `Policy "${policy.rule.name}": cost() must return a whole number of at least 0. Return 0 for a request that costs nothing.`,
      { code: 'SECURITY_INVALID_COST' },
    );
  }
  return { policy, charge: { rule: policy.rule, key, cost } };
}
