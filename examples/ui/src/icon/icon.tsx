/** Strokes on a 24 x 24 grid, drawn for this project. */
const shapes = {
  alert: 'M12 3.5 2.8 19.5h18.4L12 3.5Z M12 10v4.5 M12 17.2v.1',
  back: 'M19 12H5 M11 6l-6 6 6 6',
  calendar: 'M4 6.5h16v13H4z M4 10.5h16 M8.5 4v4 M15.5 4v4',
  check: 'M4.5 12.5 9.5 17.5 19.5 6.5',
  chevron: 'M9 5.5 15.5 12 9 18.5',
  clients:
    'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z M2.5 20c.4-3.6 3-5.5 6.5-5.5s6.1 1.9 6.5 5.5 M16 4.8a3.4 3.4 0 0 1 0 6.4 M18 14.9c2 .7 3.2 2.4 3.5 5.1',
  close: 'M6 6l12 12 M18 6 6 18',
  dashboard: 'M4 4h7v9H4z M13.5 4H20v5h-6.5z M13.5 11.5H20V20h-6.5z M4 15.5h7V20H4z',
  exit: 'M14 4H5v16h9 M10 12h10.5 M17 8.5 20.5 12 17 15.5',
  invoice: 'M6 3.5h12v17l-3-2-3 2-3-2-3 2z M9 8.5h6 M9 12.5h6',
  menu: 'M4 7h16 M4 12h16 M4 17h16',
  moon: 'M20 14.5A8.2 8.2 0 1 1 9.5 4 6.6 6.6 0 0 0 20 14.5Z',
  plus: 'M12 5v14 M5 12h14',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z M15.5 15.5 20.5 20.5',
  shield: 'M12 3.5 5 6v6c0 4.2 2.9 7 7 8.5 4.1-1.5 7-4.3 7-8.5V6z M9 12l2.2 2.2L15.2 10',
  sun: 'M12 16.2a4.2 4.2 0 1 0 0-8.4 4.2 4.2 0 0 0 0 8.4Z M12 2.5v2 M12 19.5v2 M2.5 12h2 M19.5 12h2 M5.3 5.3l1.4 1.4 M17.3 17.3l1.4 1.4 M18.7 5.3l-1.4 1.4 M6.7 17.3l-1.4 1.4',
  target: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17Z M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z M12 12v.1',
  trash: 'M4.5 7h15 M9 7V4.5h6V7 M6.5 7l.8 12.5h9.4L17.5 7 M10 11v5 M14 11v5',
  wallet: 'M4 7.5V18.5h16v-11z M4 7.5l11-3v3 M15.5 13h1',
} as const;

export type IconName = keyof typeof shapes;

/** A picture beside words; it is silent for a screen reader. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
