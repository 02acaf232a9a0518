/**
 * A URL without parameters that are among `options`: mysql2 lets those win over options that are off, and what decoding and the safety of
 * statements rely on (`decimalNumbers`, `multipleStatements`) is not up to a URL.
 */
export function withoutOptions(url: string, options: object): string {
  const { searchParams } = new URL(url);
  const given = searchParams.size;
  for (const name of Object.keys(options)) searchParams.delete(name);
  if (searchParams.size === given) return url;
  return `${url.slice(0, url.indexOf('?'))}?${searchParams}`;
}
