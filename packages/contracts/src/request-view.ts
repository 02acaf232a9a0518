/** What a decision about a request may look at, the same on every framework. */
export interface RequestView {
  /** Upper case. */
  readonly method: string;
  /** Path and query as the client sent them, beginning with `/`. */
  readonly url: string;
  /** The Host header, or the `:authority` of HTTP/2; empty when there was none. */
  readonly host: string;
  /** The address of the socket's other end; `undefined` once the socket is gone. */
  readonly peer: string | undefined;
  /** Whether the socket itself is encrypted. What a proxy says about it is a header. */
  readonly encrypted: boolean;
  /** A header by its lower-case name; several of one name are joined by `, `. */
  header(name: string): string | undefined;
}
