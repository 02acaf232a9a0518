import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { size, waitFor } from '@seaworthy/testkit';
import fc from 'fast-check';
import { test } from 'vitest';
import { ConfigError, defineConfig, env, sources } from '../../src/index.js';
import { tempFolder } from '../support/temp-folder.js';

const schema = defineConfig({ fields: { NAME: env.string() } });

/** The file is found through two folders, of which each may be a link, so that every step of the way can change. */
const places = ['one', 'one/deep', 'two', 'two/deep'] as const;

type Change = (root: string, text: string) => void;

const attempt =
  (change: Change): Change =>
  (root, text) => {
    try {
      change(root, text);
    } catch {
      // What cannot be done in this state changes nothing.
    }
  };

function writeAt(place: string): Change {
  return attempt((root, text) => writeFileSync(join(root, place, 'name'), text));
}

const changes: Readonly<Record<string, Change>> = {
  ...Object.fromEntries(places.map((place) => [`write in ${place}`, writeAt(place)])),
  ...Object.fromEntries(
    places.map((place) => [
      `rename over in ${place}`,
      attempt((root, text) => {
        writeFileSync(join(root, place, '.new'), text);
        renameSync(join(root, place, '.new'), join(root, place, 'name'));
      }),
    ]),
  ),
  ...Object.fromEntries(
    places.map((place) => [
      `make ${place} anew`,
      attempt((root, text) => {
        rmSync(join(root, place), { recursive: true, force: true });
        mkdirSync(join(root, place), { recursive: true });
        writeFileSync(join(root, place, 'name'), text);
      }),
    ]),
  ),
  ...Object.fromEntries(
    places.map((place) => [
      `remove ${place}`,
      (root: string) => rmSync(join(root, place), { recursive: true, force: true }),
    ]),
  ),
  ...Object.fromEntries(
    ['one', 'two'].flatMap((name) => [
      [
        `lead current to ${name}`,
        attempt((root) => {
          rmSync(join(root, 'next'), { force: true });
          symlinkSync(name, join(root, 'next'));
          renameSync(join(root, 'next'), join(root, 'current'));
        }),
      ],
      [
        `put the file of ${name} behind a link`,
        attempt((root, text) => {
          mkdirSync(join(root, 'elsewhere'), { recursive: true });
          writeFileSync(join(root, 'elsewhere', name), text);
          mkdirSync(join(root, name, 'deep'), { recursive: true });
          rmSync(join(root, name, 'deep', 'name'), { force: true });
          symlinkSync(join(root, 'elsewhere', name), join(root, name, 'deep', 'name'));
        }),
      ],
      [
        `write behind the link of ${name}`,
        attempt((root, text) => writeFileSync(join(root, 'elsewhere', name), text)),
      ],
    ]),
  ),
  'exchange one and two': attempt((root) => {
    renameSync(join(root, 'one'), join(root, 'three'));
    renameSync(join(root, 'two'), join(root, 'one'));
    renameSync(join(root, 'three'), join(root, 'two'));
  }),
  'remove current': attempt((root) => rmSync(join(root, 'current'), { force: true })),
};

const runs = size({ test: 8, soak: 200 });

test('after any changes of files, folders and links a watch without polls comes to what a new load finds', async () => {
  const names = fc.constantFrom(...Object.keys(changes));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(names, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
      async (bursts) => {
        const root = join(tempFolder(), 'root');
        const path = join(root, 'current', 'deep', 'name');
        mkdirSync(join(root, 'one', 'deep'), { recursive: true });
        symlinkSync('one', join(root, 'current'));
        writeFileSync(path, 'first');
        const options = { env: { NAME_FILE: path }, sources: [sources.files()] };
        await using live = await schema.watch({ ...options, filePoll: 3_600_000, debounce: 2 });
        let step = 0;
        for (const burst of bursts) {
          for (const name of burst) {
            step += 1;
            changes[name]?.(root, `${name} ${step}`);
          }
          const found = load(options);
          await waitFor(() => state(live) === found, { what: `${burst.join(', ')}: ${found}`, everyMs: 1 });
        }
        rmSync(dirname(root), { recursive: true, force: true });
      },
    ),
    { numRuns: runs },
  );
});

/** The value, or what is wrong. */
function load(options: Parameters<typeof schema.load>[0]): string {
  try {
    return schema.load(options).NAME;
  } catch (error) {
    if (ConfigError.is(error)) return error.message;
    throw error;
  }
}

function state(live: Awaited<ReturnType<typeof schema.watch>>): string {
  return live.rejection?.message ?? live.current.NAME;
}
