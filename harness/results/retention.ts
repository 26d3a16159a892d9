// SPDX-License-Identifier: GPL-2.0-only
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfExists } from '../host/files.ts';
import { SwapraceError } from '../model/errors.ts';
import type { KindTable } from './kinds.ts';
import { RUN_FILES } from './layout.ts';
import { readHeader } from './reader.ts';

/** What runs may take; what is absent has no limit. */
export interface Retention {
  readonly days?: number;
  /** Of each plan. */
  readonly runs?: number;
  readonly bytes?: number;
}

/** A finished run, as far as it matters for whether it is kept. */
export interface KeptRun {
  /** Name of its folder; sorts by time. */
  readonly run: string;
  readonly plan: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly bytes: number;
  /** Exit status. */
  readonly status: number;
  /** True for what shows how to have a finding again. */
  readonly reproducer: boolean;
}

/**
 * Runs that are to go, oldest first. Of every plan the last good run and the last one with a missed expectation stay,
 * and every reproducer, whatever the limits are. Pure.
 */
export function surplus(all: readonly KeptRun[], limits: Retention, now: number): readonly KeptRun[] {
  const runs = [...all].sort((a, b) => (a.run < b.run ? -1 : 1));
  const last = (plan: string, status: number): string | undefined =>
    runs.findLast((each) => each.plan === plan && each.status === status)?.run;
  const stays = ({ run, plan, reproducer }: KeptRun): boolean =>
    reproducer || run === last(plan, 0) || run === last(plan, 1);
  const left = new Map<string, number>();
  for (const { plan } of runs) left.set(plan, (left.get(plan) ?? 0) + 1);
  let bytes = runs.reduce((sum, each) => sum + each.bytes, 0);
  const gone: KeptRun[] = [];
  for (const each of runs) {
    const tooOld = limits.days !== undefined && now - each.startedAt > limits.days * 86_400_000;
    const tooMany = limits.runs !== undefined && (left.get(each.plan) ?? 0) > limits.runs;
    const tooLarge = limits.bytes !== undefined && bytes > limits.bytes;
    if (stays(each) || !(tooOld || tooMany || tooLarge)) continue;
    gone.push(each);
    left.set(each.plan, (left.get(each.plan) ?? 1) - 1);
    bytes -= each.bytes;
  }
  return gone;
}

/** Finished runs below a folder. What cannot be read is not ours to remove. */
export async function keptRuns(
  resultsDir: string,
  kinds: KindTable,
  isReproducer: (run: string) => boolean,
): Promise<KeptRun[]> {
  const entries = await readdir(resultsDir, { withFileTypes: true });
  const runs = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }): Promise<KeptRun[]> => {
        const dir = join(resultsDir, name);
        const [status, header] = await Promise.all([
          statusIn(dir),
          readHeader(dir, kinds).catch((error: unknown) => {
            if (error instanceof SwapraceError) return null;
            throw error;
          }),
        ]);
        if (status === null || header === null) return [];
        const startedAt = Date.parse(header.startedAt);
        return [
          {
            ...{ run: name, plan: header.plan.name, startedAt, bytes: await bytesIn(dir), status },
            reproducer: isReproducer(name),
          },
        ];
      }),
  );
  return runs.flat();
}

/** Removes a finished run; the folder's first file to go is the one that says that it is whole. */
export async function removeRun(resultsDir: string, run: string): Promise<void> {
  await rm(join(resultsDir, run, RUN_FILES.sums), { force: true });
  await rm(join(resultsDir, run), { recursive: true, force: true });
}

async function statusIn(dir: string): Promise<number | null> {
  if ((await readTextIfExists(join(dir, RUN_FILES.sums))) === null) return null;
  const text = await readTextIfExists(join(dir, RUN_FILES.verdict));
  try {
    const status = (JSON.parse(text ?? 'null') as { status?: unknown } | null)?.status;
    return typeof status === 'number' ? status : null;
  } catch {
    return null;
  }
}

async function bytesIn(dir: string): Promise<number> {
  const names = await readdir(dir, { recursive: true });
  const sizes = await Promise.all(
    names.map(async (name) => (await lstat(join(dir, name)).catch(() => null))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
