/** One way in which a text may stand in a file. */
export interface EncodedText {
  readonly encoding: string;
  readonly bytes: Uint8Array;
}

/**
 * How build tools and people write a text into a bundle: as it is, inside of JSON or a JavaScript string (once and twice),
 * percent-encoded, in HTML, in hexadecimal, as UTF-16, and in Base64 wherever it begins inside of what was encoded.
 */
export function encodingsOf(text: string): readonly EncodedText[] {
  const json = jsonEscaped(text);
  const percent = encodeURIComponent(text);
  const bytes = Buffer.from(text, 'utf8');
  const all: ReadonlyArray<readonly [string, string | Uint8Array]> = [
    ['as it is', bytes],
    ['JSON', json],
    ['JSON', asciiOnly(json)],
    ['JSON', asciiOnly(json).replace(/\\u[0-9a-f]{4}/g, inCapitals)],
    // serialize-javascript; Next.js, Rails and Go; Django; PHP.
    ['JSON', unicodeEscaped(json, /[<>/]/g).replace(/\\u[0-9a-f]{4}/g, inCapitals)],
    ['JSON', unicodeEscaped(json, /[<>&]/g)],
    ['JSON', unicodeEscaped(json, /[<>&]/g).replace(/\\u[0-9a-f]{4}/g, inCapitals)],
    ['JSON', json.replaceAll('/', '\\/')],
    ['JSON in JSON', jsonEscaped(json)],
    ['JavaScript', json.replaceAll('\\"', '"').replaceAll("'", "\\'")],
    ['JavaScript', json.replaceAll('\\"', '"').replaceAll('`', '\\`').replaceAll('${', '\\${')],
    ['percent-encoding', percent],
    ['percent-encoding', percent.replace(/%[0-9A-F]{2}/g, (sign) => sign.toLowerCase())],
    [
      'percent-encoding',
      percent.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
    ],
    ['percent-encoding', new URLSearchParams([['', text]]).toString().slice(1)],
    ['percent-encoding', encodeURI(text)],
    ['HTML', htmlEscaped(text, '&#39;')],
    ['HTML', htmlEscaped(text, '&#x27;')],
    ['HTML', htmlEscaped(text, "'")],
    // Handlebars; Mustache; EJS.
    ['HTML', charactersOf(htmlEscaped(text, '&#x27;'), /[`=]/g)],
    ['HTML', charactersOf(htmlEscaped(text, '&#39;'), /[/`=]/g)],
    ['HTML', htmlEscaped(text, '&#39;').replaceAll('&quot;', '&#34;')],
    ['hexadecimal', bytes.toString('hex')],
    ['hexadecimal', bytes.toString('hex').toUpperCase()],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ...base64At(bytes).flatMap(
      (base64): Array<readonly [string, string]> => [
        ['Base64', base64],
        ['Base64', base64.replaceAll('+', '-').replaceAll('/', '_')],
      ],
    ),
  ];
  const unique = new Map<string, EncodedText>();
  for (const [encoding, encoded] of all) {
    const found = typeof encoded === 'string' ? Buffer.from(encoded, 'utf8') : encoded;
    const key = Buffer.from(found).toString('latin1');
    if (!unique.has(key)) unique.set(key, { encoding, bytes: found });
  }
  return [...unique.values()];
}

/**
 * The Base64 of what stands around the text is not known, so only the signs are taken that the text alone decides, for each
 * of the three places in a group of three bytes where it may begin.
 */
function base64At(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    return to - from >= 8 ? [encoded.slice(from, to)] : [];
  });
}

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asciiOnly(text: string): string {
  return unicodeEscaped(text, /[^\x20-\x7e]/g);
}

function unicodeEscaped(text: string, signs: RegExp): string {
  return text.replace(signs, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function inCapitals(sign: string): string {
  return `\\u${sign.slice(2).toUpperCase()}`;
}

/** As character references in hexadecimal. */
function charactersOf(html: string, signs: RegExp): string {
  return html.replace(signs, (sign) => `&#x${sign.charCodeAt(0).toString(16).toUpperCase()};`);
}

function htmlEscaped(text: string, apostrophe: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", apostrophe);
}
