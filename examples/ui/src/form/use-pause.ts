import { useEffect, useRef } from 'react';

/** Returns a function that calls `act` once it has not been called for `delayMs`: typing sends one request, not ten. */
export function usePause<Value>(act: (value: Value) => void, delayMs = 250): (value: Value) => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (value) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => act(value), delayMs);
  };
}
