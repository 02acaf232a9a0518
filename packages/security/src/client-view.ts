import type { RequestView } from '@seaworthy/contracts';
import type { Client } from './decision.js';

/** The view with the client on it. A class, because an object with closures for every request is several times the garbage. */
export class ClientView implements RequestView {
  readonly client: Client;
  readonly #view: RequestView;

  constructor(view: RequestView, client: Client) {
    this.#view = view;
    this.client = client;
  }

  get method(): string {
    return this.#view.method;
  }
  get url(): string {
    return this.#view.url;
  }
  get host(): string {
    return this.#view.host;
  }
  get peer(): string | undefined {
    return this.#view.peer;
  }
  get encrypted(): boolean {
    return this.#view.encrypted;
  }
  header(name: string): string | undefined {
    return this.#view.header(name);
  }
}
