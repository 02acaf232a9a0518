import type { ChildProcess } from 'node:child_process';
import type { Place } from './place.js';
import type { ServerProgram } from './programs.js';

/** How one kind of server is run. */
export interface ServerPlan {
  readonly name: string;
  readonly place: Place;
  readonly url: string;
  readonly program: ServerProgram;
  readonly args: readonly string[];
  /** Where it runs, inside its folder: orphans are known by it. */
  readonly cwd: string;
  /** What asks it to end in order. */
  readonly stopSignal: NodeJS.Signals;
  /** One attempt to use it; throws while it is not ready. */
  readonly probe: () => Promise<void>;
  /** Never shown in a message. */
  readonly secrets: readonly string[];
}

/** What holds a running server, so that a test can hurt it. */
export interface Grip {
  /** The main process of the last start. */
  readonly pid: number;
  /** Starts it, with its output at the end of the log, and resolves with the process that ends when it does. */
  launch(logPath: string): Promise<ChildProcess>;
  /** Called once it answers. */
  settle(): Promise<void>;
  isAlive(): boolean;
  kill(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Sends what asks it to end in order. */
  ask(signal: NodeJS.Signals): Promise<void>;
  /** Removes what is left of it outside of its folder. */
  forget(): Promise<void>;
}
