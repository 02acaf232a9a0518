/** The last `count` lines of a log that `isTelling`: what a server that did not start said of it. */
export function lastLines(log: string, count: number, isTelling: (line: string) => boolean): string[] {
  return log.split('\n').filter(isTelling).slice(-count);
}
