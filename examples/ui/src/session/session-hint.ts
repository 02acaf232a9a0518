/**
 * Whether this browser signed in before. The session itself is an HttpOnly cookie that no script can see; without the
 * hint every visit to the login page would start with a request that must fail.
 */
const storageKey = 'signed-in';

export function mayHaveSession(): boolean {
  return read() === 'yes';
}

export function rememberSession(): void {
  write('yes');
}

export function forgetSession(): void {
  write('no');
}

function read(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return 'yes'; // storage is refused: only the server knows
  }
}

function write(value: string): void {
  try {
    localStorage.setItem(storageKey, value);
  } catch {
    // Storage is refused: `read` then asks the server every time.
  }
}
