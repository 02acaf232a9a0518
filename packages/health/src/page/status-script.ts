/**
 * Keeps the status page fresh without losing what the reader has focused or scrolled to: the new page is fetched, and only
 * what differs is changed. Under a hidden tab nothing is asked.
 */
export const statusScript = `'use strict';
const everyMs = 5000;

function sync(now, next) {
  if (now.nodeType !== next.nodeType || now.nodeName !== next.nodeName) return now.replaceWith(next.cloneNode(true));
  if (now.nodeType === Node.TEXT_NODE) {
    if (now.data !== next.data) now.data = next.data;
    return;
  }
  for (const { name, value } of [...(next.attributes ?? [])]) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  for (const { name } of [...(now.attributes ?? [])]) if (!next.hasAttribute(name)) now.removeAttribute(name);
  const [old, fresh] = [[...now.childNodes], [...next.childNodes]];
  fresh.forEach((child, at) => (old[at] === undefined ? now.append(child.cloneNode(true)) : sync(old[at], child)));
  for (const child of old.slice(fresh.length)) child.remove();
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(everyMs) });
    if (!answer.headers.get('content-type')?.startsWith('text/html')) throw new Error('no page');
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (next.querySelector('#fresh') === null) throw new Error('another page');
    if (document.title !== next.title) document.title = next.title;
    sync(document.querySelector('main'), next.querySelector('main'));
  } catch {
    document.querySelector('#fresh').textContent = ': the service does not answer now';
  }
}

setInterval(refresh, everyMs);
document.addEventListener('visibilitychange', refresh);
`;
