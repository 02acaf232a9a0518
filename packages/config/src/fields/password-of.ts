/** The part of a URL that somebody chose. One in the query is what the drivers of PostgreSQL and Redis use before that of the user. */
export function passwordOf(url: string): string | undefined {
  const { password, searchParams } = new URL(url);
  const asked = searchParams.get('password') ?? '';
  if (asked !== '') return asked;
  if (password === '') return undefined;
  return decodes(password) ? decodeURIComponent(password) : password;
}

/** Whether every percent sign encodes something. */
export function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
