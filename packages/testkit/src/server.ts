/**
 * A real server that a test owns. It listens on 127.0.0.1, keeps its data in a temporary folder, and ends with the test
 * process at the latest, even when that is killed.
 */
export interface Server extends AsyncDisposable {
  /** `postgres`, `mariadb`, `redis`, `pgbouncer`, `nginx` or `haproxy`, for messages. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Where clients connect, with user and password when the server asks for them. */
  readonly url: string;
  /** The main process of the last start. */
  readonly pid: number;
  /** Data, configuration and log lie here. */
  readonly folder: string;
  /** Whether any of its processes lives. A frozen server is alive. */
  isAlive(): boolean;
  /** SIGKILL to all its processes; resolves when all are gone. The data stays as a crash left it. */
  kill(): Promise<void>;
  /** SIGSTOP to all its processes: connections stay open and nothing answers. */
  freeze(): Promise<void>;
  /** SIGCONT after `freeze()`. */
  thaw(): Promise<void>;
  /** Ends it in order, thawing it first; the data stays. Killed when it takes longer than 20 s. */
  stop(): Promise<void>;
  /** Starts it again on the same port and data, stopping it first when it still runs; resolves when it answers. */
  restart(): Promise<void>;
  /** Everything it has written to its log, all starts together. */
  logs(): string;
  /** Ends it and removes its data. Nothing works afterwards. */
  close(): Promise<void>;
}
