import { expect, test } from 'vitest';
import { SlowTexts } from '../src/session/slow-texts.js';

const texts = () => new SlowTexts({ slowMs: 25, verySlowMs: 100 });
const times = (count: number, work: () => void): void => {
  for (let time = 0; time < count; time += 1) work();
};

test('one slow run may be chance, two are not, and a very slow one is enough', () => {
  const slow = texts();
  slow.took('a', 30);
  expect(slow.isSlow('a')).toBe(false);
  slow.took('a', 30);
  expect(slow.isSlow('a')).toBe(true);
  slow.took('b', 100);
  expect(slow.isSlow('b')).toBe(true);
  expect(slow.isSlow('c')).toBe(false);
});

test('a slow run is forgiven after 64 fast ones', () => {
  const slow = texts();
  slow.took('a', 30);
  times(64, () => slow.took('a', 1));
  slow.took('a', 30);
  expect(slow.isSlow('a')).toBe(false);
});

test('a statement that is slow once in fifty runs is found out', () => {
  const slow = texts();
  let runs = 0;
  while (!slow.isSlow('a') && runs < 1_000) {
    runs += 1;
    slow.took('a', runs % 50 === 0 ? 50 : 1);
  }
  expect(runs).toBeLessThan(1_000);
});

test('what is slow is tried again after 128 runs alone, and after twice as many each time that it fails', () => {
  const slow = texts();
  slow.took('a', 200);
  const aloneUntilTried = (): number => {
    let runs = 0;
    for (; slow.isSlow('a'); runs += 1) slow.ranAlone('a');
    return runs;
  };
  const waits: number[] = [];
  times(8, () => {
    waits.push(aloneUntilTried());
    slow.took('a', 30);
  });
  expect(waits).toEqual([128, 256, 512, 1_024, 2_048, 4_096, 8_192, 8_192]);
  aloneUntilTried();
  times(64, () => slow.took('a', 1));
  slow.took('a', 30);
  expect(slow.isSlow('a')).toBe(false);
});

test('remembers a bounded number of texts', () => {
  const slow = texts();
  for (let number = 0; number < 2_000; number += 1) slow.took(`text ${number}`, 200);
  expect(slow.isSlow('text 0')).toBe(true);
  expect(slow.isSlow('text 1999')).toBe(false);
});
