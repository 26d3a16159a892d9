// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import { z } from 'zod';
import { parseNote, readTextIfExists, writeFileAtomic } from '../host/files.ts';

/** What a build took. */
export interface BuildEffort {
  readonly objects: number;
  readonly seconds: number;
}

/** Efforts of the last builds of one source: from an empty object folder, and on top of an earlier build. */
const effortSchema = z.object({ objects: z.number(), seconds: z.number() });
const effortsSchema = z.record(z.string(), z.object({ cold: effortSchema.optional(), warm: effortSchema.optional() }));

export type BuildKind = 'cold' | 'warm';

/** What a build of this kind took last: of this source, or for want of one of any other. Null before the first. */
export async function expectedEffort(cacheDir: string, treeId: string, kind: BuildKind): Promise<BuildEffort | null> {
  const all = await readEfforts(cacheDir);
  return all[treeId]?.[kind] ?? Object.values(all).find((efforts) => efforts[kind] !== undefined)?.[kind] ?? null;
}

/** Remembers what a build took. Called under the build lock. */
export async function recordEffort(
  cacheDir: string,
  treeId: string,
  kind: BuildKind,
  effort: BuildEffort,
): Promise<void> {
  const all = await readEfforts(cacheDir);
  await writeFileAtomic(
    effortsFile(cacheDir),
    JSON.stringify({ ...all, [treeId]: { ...all[treeId], [kind]: effort } }),
  );
}

/** Seconds left, were the rest as fast as last time; null without a last time. Pure. */
export function secondsLeft(expected: BuildEffort | null, done: number): number | null {
  if (expected === null) return null;
  return Math.max(0, Math.round(expected.seconds * (1 - done / Math.max(1, expected.objects))));
}

/** None when the file is damaged: an estimate is not worth a failure. */
async function readEfforts(cacheDir: string): Promise<z.infer<typeof effortsSchema>> {
  return parseNote(effortsSchema, await readTextIfExists(effortsFile(cacheDir))) ?? {};
}

function effortsFile(cacheDir: string): string {
  return join(cacheDir, 'trees', 'efforts.json');
}
