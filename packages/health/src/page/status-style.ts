/** The style of the status page: system fonts, light and dark as the reader's device has it. */
export const statusStyle = `:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d8dee4;
  --pass: #14693a; --pass-ground: #e3f5ea;
  --warn: #7a4d00; --warn-ground: #fff3d6;
  --fail: #a11a22; --fail-ground: #fde8e8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --card: #1d2126; --ink: #e8ebee; --soft: #a3acb6; --line: #343b43;
    --pass: #7fd6a0; --pass-ground: #16301f;
    --warn: #f1c466; --warn-ground: #352a10;
    --fail: #ff9c9c; --fail-ground: #3d1a1c;
  }
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; display: grid; gap: 1rem; }
main > * { min-width: 0; }
header, section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem; }
header { display: flex; align-items: center; gap: 1rem; }
header.pass { background: var(--pass-ground); border-color: var(--pass); }
header.warn { background: var(--warn-ground); border-color: var(--warn); }
header.fail { background: var(--fail-ground); border-color: var(--fail); }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1rem; margin-bottom: .75rem; }
header p, footer, .none, dt, small { color: var(--soft); }
.mark { flex: none; width: 1.75rem; height: 1.75rem; border-radius: 50%; display: grid; place-items: center; font-weight: 700; }
header .mark { width: 2.75rem; height: 2.75rem; font-size: 1.25rem; }
.pass > .mark { background: var(--pass); color: var(--card); }
.warn > .mark { background: var(--warn); color: var(--card); }
.fail > .mark { background: var(--fail); color: var(--card); }
.checks { list-style: none; padding: 0; }
.checks li { display: grid; grid-template-columns: auto 1fr auto; gap: .25rem .75rem; align-items: center; padding: .75rem 0; border-top: 1px solid var(--line); }
.checks li:first-child { border-top: 0; padding-top: 0; }
.checks li:last-child { padding-bottom: 0; }
.checks dl, .checks .cause { grid-column: 2 / -1; }
.name { font-weight: 600; overflow-wrap: anywhere; }
.name small { font-weight: 400; }
.pass > .word { color: var(--pass); }
.warn > .word { color: var(--warn); font-weight: 600; }
.fail > .word { color: var(--fail); font-weight: 600; }
.cause { color: var(--fail); overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; font-size: .875rem; }
dl div { display: flex; gap: .4rem; min-width: 0; }
dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .75rem .4rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); font-weight: 400; }
th:first-child { text-align: left; }
thead th { color: var(--soft); }
td.bad { color: var(--fail); font-weight: 600; }
.scroll + .none { margin-top: .75rem; font-size: .875rem; }
footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1rem; font-size: .875rem; }
a { color: inherit; }
:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; border-radius: 4px; }
`;

/** A pulse. */
export const statusIcon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none"><rect width="32" height="32" rx="8" fill="#14693a"/><path d="M4 17h6l3-8 5 15 4-10 1.5 3H28" stroke="#fff" stroke-width="2.5" stroke-linejoin="round"/></svg>`;
