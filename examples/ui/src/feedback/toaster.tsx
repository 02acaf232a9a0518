import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { Icon } from '../icon/icon.js';

export type Notify = (text: string, tone?: 'good' | 'bad') => void;

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad';
}

const shownMs = 6_000;
/** More would cover the page; the oldest goes first. */
const maxToasts = 3;

const NotifyContext = createContext<Notify>(() => undefined);

/** Tells the reader that something was done or failed, without taking the focus. */
export function useNotify(): Notify {
  return useContext(NotifyContext);
}

/** Holds the live region, which must exist before the first message is put into it. */
export function Toaster({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);

  const dismiss = useCallback((id: number) => {
    setToasts((current) => current.filter((toast) => toast.id !== id));
  }, []);

  const notify = useCallback<Notify>(
    (text, tone = 'good') => {
      const id = performance.now();
      setToasts((current) => [...current, { id, text, tone }].slice(-maxToasts));
      setTimeout(() => dismiss(id), shownMs);
    },
    [dismiss],
  );

  return (
    <NotifyContext value={notify}>
      {children}
      <div className="toaster" role="status">
        {toasts.map(({ id, text, tone }) => (
          <div key={id} className={`toast toast-${tone}`}>
            <Icon name={tone === 'good' ? 'check' : 'alert'} />
            <span>{text}</span>
            <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
    </NotifyContext>
  );
}
