import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Guide {
  /** Blocks under a line that names a file: "`main.js`:". */
  readonly files: ReadonlyMap<string, string>;
  /** The lines of all `sh` blocks, in order. */
  readonly commands: readonly string[];
  /** Blocks that are neither, which nothing would run. */
  readonly others: readonly string[];
}

/** What a reader of a page of docs/ would type. */
export function readGuide(page: string): Guide {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8');
  const files = new Map<string, string>();
  const commands: string[] = [];
  const others: string[] = [];
  for (const [, path, language, code = ''] of text.matchAll(
    /(?:^`([^`\n]+)`:\n\n)?^```(\w*)\n(.*?)^```$/gms,
  )) {
    if (path !== undefined) files.set(path, code);
    else if (language === 'sh') commands.push(...code.trim().split('\n'));
    else others.push(code);
  }
  return { files, commands, others };
}
