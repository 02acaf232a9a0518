import type { CheckSnapshot } from '../check-runner.js';
import type { CheckDetails, Describe } from '../formats/format.js';
import { type HealthStatus, type HealthView, statusOf } from '../health-view.js';
import type { HttpSummary } from '../metrics/http-summary.js';
import { inWords } from '../words.js';
import { type Html, html } from './html.js';
import { trafficSection } from './traffic-section.js';

/** What only operators see: how to describe a check, and the traffic when somebody counts it. */
export interface PageDetails {
  readonly describe: Describe;
  readonly http: HttpSummary | undefined;
}

const headlines: Readonly<Record<HealthStatus, string>> = {
  pass: 'Everything works',
  warn: 'Works, with something missing',
  fail: 'Not ready to serve',
};

/** A shape and a word beside the colour: not everybody sees the same colours. */
const marks: Readonly<Record<HealthStatus, { readonly shape: string; readonly word: string }>> = {
  pass: { shape: '✓', word: 'works' },
  warn: { shape: '!', word: 'degraded' },
  fail: { shape: '✕', word: 'down' },
};

/** The report for people. Its style and script are files beside it, so that it works under `default-src 'self'`. */
export function statusPage(view: HealthView, details: PageDetails | undefined): string {
  const { status, nowMs } = view;
  const time = new Date(nowMs).toISOString();
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${marks[status].shape} ${headlines[status]}</title>
<link rel="icon" href="status.svg">
<link rel="stylesheet" href="status.css">
<script src="status.js" defer></script>
<noscript><meta http-equiv="refresh" content="10"></noscript>
</head>
<body>
<main>
<header class="${status}">
<span class="mark" aria-hidden="true">${marks[status].shape}</span>
<div role="status">
<h1>${headlines[status]}</h1>
<p>${phaseWords(view)}</p>
</div>
</header>
<section aria-labelledby="checks">
<h2 id="checks">Checks</h2>
${checkList(view, details)}
</section>
${startupSection(view, details)}
${details?.http === undefined ? undefined : trafficSection(details.http)}
${details === undefined ? undefined : serviceSection(view)}
<footer>
<p>As of <time datetime="${time}">${time.slice(11, 19)} UTC</time><span id="fresh"></span></p>
<p><a href="../health">The same as JSON</a></p>
</footer>
</main>
</body>
</html>
`.text;
}

function phaseWords({ phase, startups, uptimeSeconds }: HealthView): string {
  if (phase === 'stopped') return 'Stopped.';
  if (phase !== 'running') return `Shutting down (${phase}): requests under way are finished.`;
  if (startups.some((startup) => startup.status !== 'done')) return 'Starting.';
  return `Running for ${inWords(uptimeSeconds * 1_000)}.`;
}

function checkList({ checks, nowMs }: HealthView, details: PageDetails | undefined): Html {
  if (checks.length === 0) return html`<p class="none">No checks are declared.</p>`;
  return html`<ul class="checks">
${checks.map((check) => checkItem(check, details?.describe(check), nowMs))}</ul>`;
}

function checkItem(check: CheckSnapshot, details: CheckDetails | undefined, nowMs: number): Html {
  const status = statusOf(check);
  const word = check.status === 'pending' ? 'not asked yet' : marks[status].word;
  return html`<li class="${status}">
<span class="mark" aria-hidden="true">${marks[status].shape}</span>
<span class="name">${check.name}${check.critical ? undefined : html` <small>optional</small>`}</span>
<span class="word">${word}</span>
${details === undefined ? undefined : checkDetails(check, details, nowMs)}</li>
`;
}

function checkDetails(check: CheckSnapshot, details: CheckDetails, nowMs: number): Html {
  const rows: (readonly [string, string])[] = [
    ['for', inWords(nowMs - check.sinceMs)],
    ...(details.durationMs === undefined ? [] : [['took', `${details.durationMs} ms`] as const]),
    ...(details.failures === 0 ? [] : [['failures in a row', String(details.failures)] as const]),
    ...(details.hung ? [['hangs', 'its call has not come back'] as const] : []),
    ...figures(details.observed),
  ];
  const { error } = details;
  return html`${error === undefined ? undefined : html`<p class="cause">${error.code === undefined ? undefined : html`<code>${error.code}</code> `}${error.message}</p>`}
<dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
`;
}

/** One level: what a probe tells in objects of objects is for the JSON. */
function figures(observed: unknown): (readonly [string, string])[] {
  if (typeof observed !== 'object' || observed === null) return [];
  return Object.entries(observed).flatMap(([name, value]): (readonly [string, string])[] => {
    if (name === 'status' || typeof value === 'object') return [];
    return [[spaced(name), typeof value === 'number' ? rounded(name, value) : String(value)]];
  });
}

function spaced(name: string): string {
  return name.replace(
    /([a-z])([A-Z])/g,
    (_all, end: string, start: string) => `${end} ${start.toLowerCase()}`,
  );
}

/** Units stand at the end of names: `availableBytes`. */
function rounded(name: string, value: number): string {
  if (name.endsWith('Bytes')) return `${(value / 1024 ** 2).toFixed(0)} MiB`;
  return String(Math.round(value * 1_000) / 1_000);
}

function startupSection({ startups }: HealthView, details: PageDetails | undefined): Html | undefined {
  if (details === undefined || startups.length === 0) return undefined;
  return html`<section aria-labelledby="startups">
<h2 id="startups">Startup</h2>
<dl>${startups.map(({ name, status }) => html`<div><dt>${name}</dt><dd>${status}</dd></div>`)}</dl>
</section>`;
}

function serviceSection({ version, environment }: HealthView): Html {
  const { rss } = process.memoryUsage();
  const rows: (readonly [string, string | undefined])[] = [
    ['version', version],
    ['environment', environment],
    ['Node', process.version],
    ['process', String(process.pid)],
    ['memory', `${(rss / 1024 ** 2).toFixed(0)} MiB`],
  ];
  return html`<section aria-labelledby="service">
<h2 id="service">Service</h2>
<dl>${rows.map(([name, value]) => (value === undefined ? undefined : html`<div><dt>${name}</dt><dd>${value}</dd></div>`))}</dl>
</section>`;
}
