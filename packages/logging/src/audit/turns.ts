/** Runs pieces of work on the same thing one after the other, in the order in which they were given. */
export function turns(): <T>(thing: object, work: () => Promise<T>) => Promise<T> {
  const last = new WeakMap<object, Promise<unknown>>();
  return (thing, work) => {
    const turn = (last.get(thing) ?? Promise.resolve()).then(work);
    last.set(
      thing,
      turn.catch(() => undefined),
    );
    return turn;
  };
}
