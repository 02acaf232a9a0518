/**
 * Gives each set of attempts at one request its own idempotency key: pressing the button again after a broken
 * connection sends the same key, so that nothing is booked twice; a changed request is another one and gets a new key.
 */
export function createAttemptKeys(newKey: () => string = randomKey): (request: object) => string {
  let last: string | undefined;
  let key = '';
  return (request) => {
    const text = JSON.stringify(request);
    if (text !== last) {
      last = text;
      key = newKey();
    }
    return key;
  };
}

/** `crypto.randomUUID` exists only under https and on localhost; this also works on a plain http address in an office. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
