import { type TestFunction, test } from 'vitest';

/**
 * Declares a test only where the engine has what it is about. It is not skipped elsewhere: a skipped test is one that should
 * run and could not.
 */
export function testWhere(applies: boolean): (title: string, work: TestFunction) => void {
  return (title, work) => {
    if (applies) test(title, work);
  };
}
