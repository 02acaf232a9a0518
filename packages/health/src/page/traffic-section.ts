import type { HttpSummary, RouteSummary } from '../metrics/http-summary.js';
import { type Html, html } from './html.js';

/** More is what a Prometheus is for. */
const maxRoutes = 15;

/** The busiest routes with their percentiles. */
export function trafficSection({ inFlight, routes }: HttpSummary): Html {
  const shown = routes.slice(0, maxRoutes);
  const rest = routes.length - shown.length;
  return html`<section aria-labelledby="traffic">
<h2 id="traffic">Traffic since the start</h2>
${shown.length === 0 ? html`<p class="none">No request yet.</p>` : table(shown)}
<p class="none">${inFlight} under way${rest > 0 ? `, ${rest} more routes` : undefined}.</p>
</section>`;
}

function table(routes: readonly RouteSummary[]): Html {
  return html`<div class="scroll" role="region" aria-label="Requests by route" tabindex="0"><table>
<thead><tr><th scope="col">Route</th><th scope="col">Requests</th><th scope="col">4xx</th><th scope="col">5xx</th><th scope="col">p50</th><th scope="col">p95</th><th scope="col">p99</th></tr></thead>
<tbody>${routes.map(
    (each) =>
      html`<tr><th scope="row"><b>${each.method}</b> ${each.route === '' ? 'no route' : each.route}</th><td>${each.requests}</td><td>${each.clientErrors}</td><td${each.serverErrors > 0 ? html` class="bad"` : undefined}>${each.serverErrors}</td><td>${seconds(each.p50)}</td><td>${seconds(each.p95)}</td><td>${seconds(each.p99)}</td></tr>
`,
  )}</tbody>
</table></div>`;
}

function seconds(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value < 1 ? `${(value * 1_000).toPrecision(2)} ms` : `${value.toFixed(1)} s`;
}
