import type { Manifest } from './manifest.js';

export type BackupEntry =
  | {
      readonly id: string;
      /** The manifest is there and so is every byte that it names, by their count. */
      readonly status: 'complete';
      readonly manifest: Manifest;
      /** Names of the targets that have it whole. */
      readonly targets: readonly string[];
      /** Names of those whose copy lacks bytes or a readable manifest. */
      readonly damagedIn: readonly string[];
    }
  | { readonly id: string; readonly status: 'damaged'; readonly reason: string };
