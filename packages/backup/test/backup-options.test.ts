import { createBackups, local, mysql, postgres } from '@seaworthy/backup';
import { createFakeClock } from '@seaworthy/testkit';
import { describe, expect, it } from 'vitest';
import { throttled } from '../src/pipeline/throttled.js';

const source = postgres({ url: 'postgres://u:p@127.0.0.1:1/db' });
const targets = [local('/nowhere')];

describe('the options of createBackups', () => {
  it('refuse an unknown name and name the nearest', () => {
    const options = { sources: { db: source }, targets, compres: 'gzip' };
    expect(() => createBackups(options)).toThrow('unknown option "compres". Did you mean "compress"?');
    const misspelt = { url: 'postgres://u@h/d', lockWaitTimout: '1s' };
    expect(() => postgres(misspelt)).toThrow('Did you mean "lockWaitTimeout"?');
    expect(() => mysql({ url: 'mysql://u@h/d', ...{ bindir: '/' } })).toThrow('Did you mean "binDir"?');
  });

  it.each([
    ['sources', { sources: {}, targets }],
    ['sources', { sources: { '../db': source }, targets }],
    ['sources', { sources: { a: source, b: source }, targets, preset: 'kpi' }],
    ['targets', { sources: { db: source }, targets: [] }],
    ['compress', { sources: { db: source }, targets, compress: 'brotli' }],
    ['compress', { sources: { db: source }, targets, compress: 'zstd', preset: 'kpi' }],
    ['preset', { sources: { db: source }, targets, preset: 'crm' }],
    ['stallTimeout', { sources: { db: source }, targets, stallTimeout: 0 }],
  ])('refuse %s that cannot work', (name, options) => {
    // @ts-expect-error: a caller without types
    expect(() => createBackups(options)).toThrow(`option "${name}" must be`);
  });

  it('want an absolute folder, so that a backup is not lost to the working directory', () => {
    expect(() => local('backups')).toThrow('an absolute path');
  });
});

describe('progress', () => {
  it('is passed on at most once a second, and at the end', async () => {
    const clock = createFakeClock();
    const seen: number[] = [];
    const report = throttled((value: number) => seen.push(value), clock);
    report.tell(1);
    report.tell(2);
    await clock.advance(999);
    report.tell(3);
    await clock.advance(1);
    report.tell(4);
    report.tell(5);
    report.finish();
    expect(seen).toEqual([1, 4, 5]);
  });

  it('that cannot be shown does not end the work', () => {
    const report = throttled(() => {
      throw new Error('broken display');
    }, createFakeClock());
    expect(() => report.tell(1)).not.toThrow();
  });
});
