/**
 * What programs say behind `password: ` and `token: ` when they say something about it. A closed list: every other word there may be a
 * password, as people choose them. Nothing that somebody would choose stands here.
 */
const words: ReadonlySet<string> = new Set(
  [
    'a an the this that these those its it and or not no none nothing of in on at to for from by with without within as if',
    'than so both each one all what who how when where why which such here there also then they you your we our provides',
    'is are was were be been must may might can cannot can’t should shall will would could does did has have had isn’t',
    'required optional missing empty blank invalid valid incorrect wrong malformed mismatch mismatched unknown unexpected',
    'expected expired expires expiring revoked rejected refused denied forbidden unauthorized unauthenticated unverified',
    'unsupported unreadable unset undefined null nil true false set given provided present absent found changed created',
    'updated deleted removed rotated refreshed renewed verified validated accepted sent received issued generated stored',
    'loaded hidden masked redacted omitted truncated encrypted hashed used unused reused ignored skipped disabled enabled',
    'failed fails failure error errors timeout timed unable too only more less least already still yet please use see enter',
    'string number boolean object array buffer function symbol bigint integer any never void type length bytes characters',
    'connection network request response socket signature session user account permission unexpectedly jwt decryption',
    'verification validation authentication expiry option flag parameter argument header field value reset login logout',
  ].flatMap((line) => line.split(' ')),
);

/** What follows the subject of a message: `token: signature mismatch`, `token: session has expired`. */
const verbs: ReadonlySet<string> = new Set(
  [
    'has have had not cannot can’t could must does did mismatch mismatched timeout unavailable unreachable closed',
    'refused failed failure error denied required missing expired rejected revoked end invalid malformed',
  ].flatMap((line) => line.split(' ')),
);

/** Whether a message goes on with `word` behind its first one. */
export function isVerb(word: string): boolean {
  return verbs.has(word.toLowerCase());
}

/** Whether `word` is one that messages go on with. */
export function isProse(word: string): boolean {
  return words.has(word.toLowerCase().replace("'", '’'));
}
