/** What is written down about a server before and after its start, so that another process can end it. */
export interface ProcessRecord {
  readonly pid?: number | undefined;
  /** Field 22 of /proc/<pid>/stat, clock ticks after boot. */
  readonly startTime?: number | undefined;
  readonly folder: string;
  /** Real paths: whoever runs one of these inside `folder` belongs to the server. */
  readonly executables: readonly string[];
  /** The client and the name of the container, for a server that runs in one. */
  readonly docker?: string;
  readonly container?: string;
}

export interface TreeMember {
  readonly pid: number;
  /** Stopped by SIGSTOP. */
  readonly stopped: boolean;
}

export function startTimeOf(pid: number): number | undefined;
export function isAlive(pid: number, startTime: number): boolean;
export function membersOf(record: ProcessRecord): readonly TreeMember[];
export function signalTree(record: ProcessRecord, signal: NodeJS.Signals): number;
export function removeSharedMemory(folder: string): void;
