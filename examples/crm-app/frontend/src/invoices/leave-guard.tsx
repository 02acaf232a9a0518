import { ConfirmDialog } from '@seaworthy-example/ui';
import { useEffect } from 'react';
import { useBlocker } from 'react-router';

/** Asks before work that was not saved is left behind, inside the application and when the tab is closed. */
export function LeaveGuard({ when }: { readonly when: () => boolean }) {
  const blocker = useBlocker(({ currentLocation, nextLocation }) => {
    return currentLocation.pathname !== nextLocation.pathname && when();
  });

  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => when() && event.preventDefault();
    addEventListener('beforeunload', onLeave);
    return () => removeEventListener('beforeunload', onLeave);
  }, [when]);

  return (
    <ConfirmDialog
      open={blocker.state === 'blocked'}
      title="Leave without saving?"
      text="What you entered on this page will be lost."
      confirmLabel="Leave"
      busy={false}
      onConfirm={() => blocker.proceed?.()}
      onClose={() => blocker.reset?.()}
    />
  );
}
