import { useFormats } from '../format/formats-context.js';

const radius = 52;
const length = 2 * Math.PI * radius;

/** A share as a ring with the figure inside. */
export function ProgressRing({ label, share }: { readonly label: string; readonly share: number }) {
  const { percent } = useFormats();
  const shown = Math.min(1, Math.max(0, share));
  return (
    <div className="ring">
      <svg viewBox="0 0 120 120" role="img" aria-label={`${label}: ${percent(shown)}`}>
        <circle className="ring-track" cx="60" cy="60" r={radius} />
        <circle
          className="ring-fill"
          cx="60"
          cy="60"
          r={radius}
          strokeDasharray={`${length * shown} ${length}`}
          transform="rotate(-90 60 60)"
        />
      </svg>
      <span className="ring-figure" aria-hidden="true">
        {percent(shown)}
      </span>
    </div>
  );
}
