/** What the check of a rule says. It is the user's code: what it throws may hold a value and is dropped. */
export function answerOf(
  holds: (values: never) => boolean,
  values: object,
): boolean | 'answered neither true nor false' | 'threw an error' {
  try {
    const answer: unknown = holds(values as never);
    if (typeof answer === 'boolean') return answer;
    if (answer instanceof Promise) answer.then(undefined, () => undefined);
    return 'answered neither true nor false';
  } catch {
    return 'threw an error';
  }
}
