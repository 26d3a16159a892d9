// SPDX-License-Identifier: GPL-2.0-only
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { withHostErrors } from '../host/files.ts';
import { sha256File } from '../host/hash.ts';
import { writeDurably } from './atomic.ts';
import { RUN_FILES } from './layout.ts';

/** What lies in a run's folder, as paths relative to it, sorted. */
export interface Listing {
  readonly files: readonly string[];
  /** Neither files nor folders: the store writes no such thing. */
  readonly others: readonly string[];
  /** Folders that hold nothing. */
  readonly empty: readonly string[];
}

export async function listFiles(runDir: string): Promise<Listing> {
  const entries = await readdir(runDir, { withFileTypes: true, recursive: true });
  const path = (entry: (typeof entries)[number]) => relative(runDir, join(entry.parentPath, entry.name));
  const inhabited = new Set(entries.map((entry) => relative(runDir, entry.parentPath)));
  return {
    files: entries
      .filter((entry) => entry.isFile())
      .map(path)
      .sort(),
    others: entries
      .filter((entry) => !entry.isFile() && !entry.isDirectory())
      .map(path)
      .sort(),
    empty: entries
      .filter((entry) => entry.isDirectory())
      .map(path)
      .filter((folder) => !inhabited.has(folder))
      .sort(),
  };
}

/** Writes SHA256SUMS over every file of a run; `sha256sum -c SHA256SUMS` understands it. @throws HostError */
export async function writeSums(runDir: string): Promise<void> {
  const sums = await withHostErrors(`sum up ${runDir}`, runDir, () => sumFiles(runDir));
  await writeDurably(join(runDir, RUN_FILES.sums), formatSums(sums));
}

/** sha256 by path of every file but SHA256SUMS itself, in its order. */
export async function sumFiles(runDir: string): Promise<Map<string, string>> {
  const { files } = await listFiles(runDir);
  const sums = new Map<string, string>();
  for (const file of files) {
    if (file !== RUN_FILES.sums) sums.set(file, await sha256File(join(runDir, file)));
  }
  return sums;
}

export function formatSums(sums: ReadonlyMap<string, string>): string {
  return [...sums].map(([file, sum]) => `${sum}  ${file}\n`).join('');
}

/** The reverse of `formatSums`; null when a line is anything else. */
export function parseSums(content: string): Map<string, string> | null {
  const sums = new Map<string, string>();
  for (const line of content.split('\n').slice(0, -1)) {
    const [, sum, file] = /^([0-9a-f]{64})  (.+)$/.exec(line) ?? [];
    if (sum === undefined || file === undefined) return null;
    sums.set(file, sum);
  }
  return formatSums(sums) === content ? sums : null;
}
