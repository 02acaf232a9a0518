import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface BundleSize {
  /** The document, and the scripts and styles that it names: what a browser fetches before it can draw. */
  readonly initialBytes: number;
  /** All scripts and styles. */
  readonly totalBytes: number;
}

/** Weighs a built application as a browser receives it, compressed with gzip. */
export async function bundleSize(folder: string): Promise<BundleSize> {
  const document = await readFile(join(folder, 'index.html'), 'utf8');
  const named = [...document.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((match) => match[1]);
  const files = (await readdir(folder, { recursive: true })).filter((file) => /\.(?:js|css)$/.test(file));
  let initialBytes = gzipSync(document).length;
  let totalBytes = 0;
  for (const file of files) {
    const bytes = gzipSync(await readFile(join(folder, file))).length;
    totalBytes += bytes;
    if (named.includes(file)) initialBytes += bytes;
  }
  return { initialBytes, totalBytes };
}
