/** Probes that a test turns on and off. */
export interface Switchboard {
  readonly calls: Map<string, number>;
  set(name: string, answer: 'up' | 'down' | 'degraded'): void;
  probe(name: string): () => Promise<unknown>;
}

/** What no anonymous answer may contain. */
export const canary = 'db-17.internal:5432 user=kpi password=hunter2-canary';

export function createSwitchboard(): Switchboard {
  const answers = new Map<string, 'up' | 'down' | 'degraded'>();
  const calls = new Map<string, number>();
  return {
    calls,
    set: (name, answer) => void answers.set(name, answer),
    probe: (name) => async () => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      const answer = answers.get(name) ?? 'up';
      if (answer === 'down')
        throw Object.assign(new Error(`connect ECONNREFUSED ${canary}`), { code: 'ECONNREFUSED' });
      return answer === 'degraded'
        ? { status: 'degraded', reason: `replica of ${canary} lags` }
        : { figure: canary };
    },
  };
}
