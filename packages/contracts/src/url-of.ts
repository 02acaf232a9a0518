/**
 * The URL that a text is, or `undefined`. Found out by trying: `URL.canParse` of Node 20, once it is compiled, reads Latin-1 as
 * UTF-8, and then says yes where the constructor throws.
 */
export function urlOf(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
