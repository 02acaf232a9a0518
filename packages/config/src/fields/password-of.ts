/** The part of a URL that somebody chose. */
export function passwordOf(url: string): string | undefined {
  const { password } = new URL(url);
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
