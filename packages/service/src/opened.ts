/** What was opened, to be closed in the reverse of the order it was opened in. */
export interface Opened {
  add(name: string, close: () => Promise<unknown>): void;
  has(name: string): boolean;
  /** Closes everything; one that fails is told and does not keep the others open. What is closed is not closed again. */
  close(onFailure: (name: string, error: unknown) => void): Promise<void>;
}

export function createOpened(): Opened {
  const stack: Array<{ readonly name: string; readonly close: () => Promise<unknown> }> = [];
  return {
    add: (name, close) => void stack.push({ name, close }),
    has: (name) => stack.some((entry) => entry.name === name),
    async close(onFailure) {
      for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
        try {
          await entry.close();
        } catch (error) {
          onFailure(entry.name, error);
        }
      }
    },
  };
}
