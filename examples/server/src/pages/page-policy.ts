/**
 * What pages may load: everything from this origin, nothing inline, no plug-ins.
 *
 * @param frames - who may show them in a frame: nobody, or this origin
 */
export function pagePolicy(frames: 'none' | 'self'): Readonly<Record<string, readonly string[]>> {
  return {
    'default-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
    'frame-ancestors': [`'${frames}'`],
    'object-src': ["'none'"],
  };
}

/** The policy as the value of a header. */
export function pagePolicyHeader(frames: 'none' | 'self'): string {
  return Object.entries(pagePolicy(frames))
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join(';');
}
