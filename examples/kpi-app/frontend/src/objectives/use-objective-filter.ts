import type { ObjectiveFilter } from '@seaworthy-example/kpi-api';
import { useSearchParams } from 'react-router';
import { statuses } from './objective-status.js';

/** Keeps the filter in the address, so that it survives a reload and can be sent to somebody. */
export function useObjectiveFilter() {
  const [params, setParams] = useSearchParams();
  const teamId = params.get('team');
  const status = statuses.find((known) => known === params.get('status'));
  const search = params.get('search');
  const filter: ObjectiveFilter = {
    ...(teamId === null ? {} : { teamId }),
    ...(status === undefined ? {} : { status }),
    ...(search === null ? {} : { search }),
  };

  function change(name: 'team' | 'status' | 'search', value: string) {
    setParams(
      (current) => {
        const next = new URLSearchParams(current);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  }

  return { filter, change, clear: () => setParams({}, { replace: true }) };
}
