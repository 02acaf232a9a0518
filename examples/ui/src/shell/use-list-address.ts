import { useSearchParams } from 'react-router';

/** Keeps a list's page and filters in the address, so that they survive a reload and can be sent to somebody. */
export function useListAddress() {
  const [params, setParams] = useSearchParams();
  const page = Number(params.get('page') ?? 1);

  function set(name: 'search' | 'status', value: string) {
    setParams(
      (current) => {
        const next = new URLSearchParams(current);
        next.delete('page'); // another list starts at its first page
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  }

  function turn(to: number) {
    setParams((current) => {
      const next = new URLSearchParams(current);
      next.set('page', String(to));
      return next;
    });
  }

  return {
    search: params.get('search') ?? '',
    status: params.get('status') ?? '',
    page: Number.isInteger(page) && page > 0 ? page : 1,
    set,
    turn,
  };
}
