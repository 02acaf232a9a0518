import type { Manifest } from './manifest.js';

export type BackupEntry =
  | {
      readonly id: string;
      /** The manifest is there and so is every byte that it names, by their count. */
      readonly status: 'complete';
      readonly manifest: Manifest;
      /** Names of the targets that have it. */
      readonly targets: readonly string[];
    }
  | { readonly id: string; readonly status: 'damaged'; readonly reason: string };
