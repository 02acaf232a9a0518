import { invalidOption, optionsOf, urlOf } from '@seaworthy/contracts';
import type { TextField } from '../field.js';
import { textField } from '../field-builder.js';
import { invalid, valid } from '../parsed.js';
import { decodes, passwordOf } from './password-of.js';
import { textFault } from './text-faults.js';

export interface UrlOptions {
  /** With the colon, as `URL.protocol` has it. @defaultValue ['http:', 'https:'] */
  readonly protocols?: readonly [string, ...string[]];
  /** Accepts a URL without a host: a socket as in `postgres:///db?host=/run/postgresql`. @defaultValue false */
  readonly allowEmptyHost?: boolean;
}

const readOptions = optionsOf<UrlOptions>('env.url', { protocols: true, allowEmptyHost: true });

const pattern = /^([a-z][a-z0-9+.-]*:)\/\/([^/?#]*)(.*)$/i;
const webProtocols: readonly string[] = ['http:', 'https:', 'ws:', 'wss:'];

/**
 * An absolute URL with a host, as text and unchanged.
 *
 * What parsers read in different ways is refused instead of guessed: an `@`, `/`, `?` or `#` of a password that is not
 * percent-encoded (the WHATWG parser takes `ss` for the host of `postgres://u:p@ss/w@h/db`), a wrong percent sign, a
 * backslash, several hosts, a host without letters and digits. In a URL of http or ws without a user an `@` behind the host
 * is part of the path or the query.
 *
 * @example
 * env.url({ protocols: ['postgres:', 'postgresql:'] }).secret();
 */
export function urlField(options: UrlOptions = {}): TextField<string> {
  const { protocols = ['http:', 'https:'], allowEmptyHost = false } = readOptions(options);
  if (protocols.length === 0 || !protocols.every((protocol) => /^[a-z][a-z0-9+.-]*:$/.test(protocol))) {
    throw invalidOption('env.url', 'protocols', "a list like ['https:'], in lower case and with the colon");
  }
  return textField<string>({
    kind: 'url',
    expected: `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    parse(text) {
      const fault = textFault(text) ?? urlFault(text, protocols, allowEmptyHost);
      if (fault === undefined) return valid(text);
      return fault === unencoded
        ? invalid(
            fault,
            'Percent-encode the user and the password: @ is %40, / is %2F, # is %23, ? is %3F, : is %3A.',
          )
        : invalid(fault);
    },
    shape: () => ({
      format: 'uri',
      pattern: `^(${protocols.map((protocol) => anyCase(protocol)).join('|')})//`,
    }),
    format: String,
    chosenPart: passwordOf,
  });
}

/** An origin as browsers send it: `https://app.example.com`, lower case, no path, no slash at the end, no default port. */
export function originField(): TextField<string> {
  const protocols = ['http:', 'https:'];
  return textField<string>({
    kind: 'origin',
    expected: 'an origin such as https://app.example.com, without a path or a slash at its end',
    parse(text) {
      const fault = textFault(text);
      if (fault !== undefined) return invalid(fault);
      if (text === '*') return invalid('allows every origin', 'Name each origin that may call.');
      if (text.includes('*')) return invalid('has a wildcard', 'Name each origin that may call.');
      if (urlFault(text, protocols, false) !== undefined) return invalid('is not an origin');
      const { origin } = new URL(text);
      if (origin === text) return valid(text);
      return invalid(
        origin === text.replace(/\/+$/, '') ? 'ends with a slash' : 'is not written as browsers send it',
      );
    },
    format: String,
  });
}

const unencoded = 'has reserved characters in its user or password that are not percent-encoded';

function urlFault(text: string, protocols: readonly string[], allowEmptyHost: boolean): string | undefined {
  const [, scheme, authority, rest] = pattern.exec(text) ?? [];
  if (scheme === undefined || authority === undefined || rest === undefined) return 'is not an absolute URL';
  const protocol = scheme.toLowerCase();
  if (!protocols.includes(protocol)) return 'has a protocol that is not accepted';
  if (/[\s\\<>"{}|^`]/.test(text)) return 'holds a character that no URL may hold';
  const at = authority.lastIndexOf('@');
  const credentials = authority.slice(0, Math.max(at, 0));
  // A second @ means that the first separator stood inside the password, and that the host is not where it seems.
  if (credentials.includes('@') || credentials.split(':').length > 2) return unencoded;
  if (rest.includes('@') && (at !== -1 || !webProtocols.includes(protocol))) return unencoded;
  if (!decodes(credentials) || !decodes(rest.split(/[?#]/, 1)[0] ?? ''))
    return 'has a percent sign that encodes nothing';
  const host = authority.slice(at + 1);
  if (host === '' && !(allowEmptyHost && at === -1)) return 'has no host';
  if (host.includes(',')) return 'names several hosts';
  if (/(?:^|[/@:])\.\.\.(?:$|[/@:?#])/.test(`${authority}${rest}`))
    return 'is an example that nothing has filled in';
  if (host !== '' && (!/[a-z0-9]/i.test(host) || host.includes('..') || host.startsWith(':')))
    return 'has no real host';
  return urlOf(text) === undefined ? 'is not an absolute URL' : undefined;
}

/** Schemes have no case (RFC 3986 section 3.1), and JSON Schema has no flag for that. */
function anyCase(protocol: string): string {
  return [...protocol]
    .map((sign) => (/[a-z]/.test(sign) ? `[${sign.toUpperCase()}${sign}]` : sign.replace(/[.+]/, '\\$&')))
    .join('');
}
