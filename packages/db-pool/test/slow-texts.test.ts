import { expect, test } from 'vitest';
import { SlowTexts } from '../src/session/slow-texts.js';

const texts = () => new SlowTexts({ slowMs: 25, verySlowMs: 100 });
const times = (count: number, work: () => void): void => {
  for (let time = 0; time < count; time += 1) work();
};

/** A text that ran fast once. */
const proven = (slow: SlowTexts, text: string): void => slow.took(text, 1);

test('a text is tried alone on a lane, once at a time, until it was fast', () => {
  const slow = texts();
  expect(slow.companyOf('a')).toBe('trial');
  slow.onTrial('a');
  expect(slow.companyOf('a')).toBe('none');
  slow.trialEnded('a');
  expect(slow.companyOf('a')).toBe('trial');
  slow.onTrial('a');
  slow.took('a', 1);
  expect(slow.companyOf('a')).toBe('others');
});

test('one slow run may be chance, two are not, and a very slow one is enough', () => {
  const slow = texts();
  slow.took('a', 30);
  expect(slow.companyOf('a')).toBe('trial');
  slow.took('a', 30);
  expect(slow.companyOf('a')).toBe('none');
  slow.took('b', 100);
  expect(slow.companyOf('b')).toBe('none');
  proven(slow, 'c');
  slow.took('c', 30);
  expect(slow.companyOf('c')).toBe('others');
});

test('a slow run is forgiven after 64 fast ones', () => {
  const slow = texts();
  slow.took('a', 30);
  times(64, () => slow.took('a', 1));
  slow.took('a', 30);
  expect(slow.companyOf('a')).toBe('others');
});

test('a statement that is slow once in fifty runs is found out', () => {
  const slow = texts();
  let runs = 0;
  while (slow.companyOf('a') !== 'none' && runs < 1_000) {
    runs += 1;
    slow.took('a', runs % 50 === 0 ? 50 : 1);
  }
  expect(runs).toBeLessThan(1_000);
});

test('what is slow is tried again after 16 runs alone, and after twice as many each time that it fails', () => {
  const slow = texts();
  slow.took('a', 200);
  const aloneUntilTried = (): number => {
    let runs = 0;
    for (; slow.companyOf('a') === 'none'; runs += 1) slow.ranAlone('a');
    return runs;
  };
  const waits: number[] = [];
  times(11, () => {
    waits.push(aloneUntilTried());
    slow.took('a', 30);
  });
  expect(waits).toEqual([16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 8_192]);
  aloneUntilTried();
  times(64, () => slow.took('a', 1));
  slow.took('a', 30);
  expect(slow.companyOf('a')).toBe('others');
});

test('remembers a bounded number of texts, and forgets the oldest', () => {
  const slow = texts();
  for (let number = 0; number < 2_000; number += 1) slow.took(`text ${number}`, 200);
  expect(slow.companyOf('text 0')).toBe('trial');
  expect(slow.companyOf('text 1999')).toBe('none');
});
