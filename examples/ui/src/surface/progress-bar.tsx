import { useFormats } from '../format/formats-context.js';

export interface ProgressBarProps {
  /** What is measured, for a screen reader. */
  readonly label: string;
  /** 0 to 1; more or less is drawn as full or empty. */
  readonly share: number;
  /** Writes the figure beside the bar. @defaultValue true */
  readonly figure?: boolean;
}

export function ProgressBar({ label, share, figure = true }: ProgressBarProps) {
  const { percent } = useFormats();
  const shown = Math.min(1, Math.max(0, share));
  return (
    <div className="progress">
      <div
        className="progress-track"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(shown * 100)}
      >
        <div className="progress-fill" style={{ inlineSize: `${shown * 100}%` }} />
      </div>
      {figure && <span className="progress-figure">{percent(shown)}</span>}
    </div>
  );
}
