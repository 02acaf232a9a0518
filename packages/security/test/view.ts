import type { RequestView } from '@seaworthy/contracts';

export interface ViewParts {
  readonly method?: string;
  readonly url?: string;
  readonly host?: string;
  readonly peer?: string | undefined;
  readonly encrypted?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as an adapter would show it. */
export function viewOf(parts: ViewParts = {}): RequestView {
  const { method = 'GET', url = '/', host = 'service.example', encrypted = false, headers = {} } = parts;
  const peer = 'peer' in parts ? parts.peer : '192.0.2.1';
  return { method, url, host, peer, encrypted, header: (name) => headers[name] };
}
