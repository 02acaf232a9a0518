import { includesAny, isAlphanumeric } from './ascii.js';

/**
 * Parts of stand-ins, without case and punctuation, those that jwt.io and the READMEs of libraries show among them. Each has seven letters or more: a random Base64 text of 44 characters
 * holds a given one with a chance below 2e-9.
 */
const parts = (
  'changeme changethis changeit changein replaceme replacethis replacewith placeholder example default ' +
  'insecure notsecure donotuse development devonly devsecret testsecret testonly supersecret topsecret ' +
  'mysecret yoursecret yoursuper yourapikey yourpassword yourjwt keyhere secrethere secretkey password ' +
  'passw0rd p4ssword qwertyuiop asdfghjkl letmein opensslrand jwtsecret stringsecret thisisasecret your256bit ' +
  'keyboardcat correcthorse hunter2'
).split(' ');

/** Stand-ins that are too short to be looked for inside of a random text, between blanks. */
const whole =
  ' secret admin root test guest user postgres mysql mariadb redis pass todo fixme none null foobar ' +
  'dummy qwerty abc123 ';

/** Why `text` cannot be a real secret, or `undefined`. Says nothing about how good a secret is that passes. */
export function placeholderFault(text: string): string | undefined {
  if (isTemplate(text)) return 'is a template that nothing has filled in';
  if (isStandIn(text.toLowerCase())) return 'is a well-known placeholder';
  if (isRepetition(text) || isRun(text)) return 'is made of repeated or consecutive characters';
  return undefined;
}

function isStandIn(text: string): boolean {
  let plain = text;
  if (!isAlphanumeric(text)) {
    plain = '';
    for (let at = 0; at < text.length; at += 1) {
      if (isAlphanumeric(text.charAt(at))) plain += text.charAt(at);
    }
  }
  return includesAny(plain, parts) || whole.includes(` ${plain} `);
}

function isTemplate(text: string): boolean {
  if (text.includes('$(') || text.includes('${') || text.includes('{{') || text === '...') return true;
  // Asked for first, because hardly any secret begins so and the expressions take longer than all the rest.
  return text !== '' && '<$%'.includes(text.charAt(0)) && /^<.*>$|^\$[A-Za-z_]\w*$|^%\w+%$/.test(text);
}

/** One unit again and again, or hardly any different characters. */
function isRepetition(text: string): boolean {
  // A text is periodic exactly when it occurs in its own double at a place that is neither the start nor the middle.
  if (text.length > 1 && `${text}${text}`.indexOf(text, 1) < text.length) return true;
  return new Set(text).size <= Math.min(5, Math.floor(text.length / 4)) || comesBack(text);
}

/** One unit again and again with something before, behind or in between: two of three characters come back at one distance. */
function comesBack(text: string): boolean {
  const middle = text.length >> 1;
  return comesBackFrom(text, middle) || comesBackFrom(text, middle - 3);
}

function comesBackFrom(text: string, from: number): boolean {
  const part = text.slice(from, from + 3);
  const next = text.indexOf(part, from + 1);
  const distance = next === -1 ? from - text.indexOf(part) : next - from;
  const pairs = text.length - distance;
  // Sixteen pairs: fewer may be equal by chance, in a secret of digits for one.
  if (distance === 0 || pairs < Math.max(16, text.length / 2)) return false;
  let equal = 0;
  for (let at = 0; at < pairs; at += 1) if (text[at] === text[at + distance]) equal += 1;
  return equal * 3 >= pairs * 2;
}

/** `1234567890…`, `abcdefgh…`, `zyx…`: three of four neighbours are one apart. */
function isRun(text: string): boolean {
  if (text.length < 6) return false;
  let near = 0;
  for (let index = 1; index < text.length; index += 1) {
    const step = text.charCodeAt(index) - text.charCodeAt(index - 1);
    if (Math.abs(step) <= 1 || Math.abs(step) === 9) near += 1;
  }
  return near >= (text.length - 1) * 0.75;
}
