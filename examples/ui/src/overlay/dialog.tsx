import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Icon } from '../icon/icon.js';

export interface DialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly description?: string;
  /** A drawer stands at the side and leaves the page beside it in view. @defaultValue 'dialog' */
  readonly shape?: 'dialog' | 'drawer';
  /** Called for Escape, the close button and a click beside the dialog. */
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/**
 * A question that comes before everything else on the page.
 *
 * The browser's own modal dialog keeps the focus inside, makes the rest inert and gives the focus back. The usual
 * component libraries lock scrolling with a `<style>` element that they insert, which `default-src 'self'` refuses.
 */
export function Dialog({ open, title, description, shape = 'dialog', onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();

  useEffect(() => {
    const dialog = ref.current;
    if (!open || dialog === null) return;
    dialog.showModal();
    dialog.querySelector<HTMLElement>('form :is(input, select, textarea):not([type="hidden"])')?.focus();
    return () => dialog.close(); // before React removes it, so that the focus returns to the opener
  }, [open]);

  useEffect(() => {
    const dialog = ref.current;
    // The box has no padding, so that only the backdrop answers as the dialog itself. For the keyboard there is Escape.
    const onClick = (event: MouseEvent) => event.target === dialog && onClose();
    dialog?.addEventListener('click', onClick);
    return () => dialog?.removeEventListener('click', onClick);
  }, [onClose]);

  return (
    <dialog
      ref={ref}
      className={`dialog dialog-${shape}`}
      aria-labelledby={`${id}-title`}
      aria-describedby={description === undefined ? undefined : `${id}-text`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {open && (
        <div className="dialog-box">
          <header className="dialog-header">
            <h2 id={`${id}-title`}>{title}</h2>
            <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          </header>
          {description !== undefined && (
            <p id={`${id}-text`} className="dialog-text">
              {description}
            </p>
          )}
          {children}
        </div>
      )}
    </dialog>
  );
}
