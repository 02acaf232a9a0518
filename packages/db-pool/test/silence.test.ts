import { expect, test } from 'vitest';
import { Silence } from '../src/session/silence.js';

test('a statement is not blamed for a time in which nothing was answered at all', () => {
  const silence = new Silence();
  silence.broken(1_000);
  expect(silence.without(60, 1_060)).toBe(0);
});

test('a statement is blamed for a time in which others were answered', () => {
  const silence = new Silence();
  for (let at = 1_000; at < 1_060; at += 2) silence.broken(at);
  expect(silence.without(60, 1_060)).toBe(60);
});

test('only the part of a run in which all stood still is forgiven', () => {
  const silence = new Silence();
  for (let at = 1_000; at <= 1_030; at += 2) silence.broken(at);
  expect(silence.without(60, 1_060)).toBe(30);
});
