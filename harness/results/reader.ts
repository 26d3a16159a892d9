// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { exists } from '../host/files.ts';
import { UsageError } from '../model/errors.ts';
import { runVerdict, type RunVerdict, type Seen } from '../model/probe.ts';
import type { RunHeader } from '../model/run.ts';
import { kindOf, type KindTable, type ReadKind } from './kinds.ts';
import { RUN_FILES, STEP_FILES } from './layout.ts';
import { readManifest, type ManifestLine } from './manifest.ts';
import { readJson } from './read-json.ts';
import { endedStep, runHeader } from './schema.ts';

/** An ended step as it lies on disk, parsed and not recomputed. */
export interface StoredStep extends Seen {
  readonly hash: string;
}

/** A run as it lies on disk. */
export interface StoredRun {
  readonly header: RunHeader;
  /** Those that ended, in the order in which they were begun. */
  readonly steps: readonly StoredStep[];
  readonly verdict: RunVerdict;
}

/** A finished run, as stored. @throws HostError `RUN_UNREADABLE` for a file that is missing or has another shape. */
export async function readRun(dir: string, kinds: KindTable): Promise<StoredRun> {
  const header = await readHeader(dir, kinds);
  const verdict = await readJson(join(dir, RUN_FILES.verdict), runVerdict);
  return { header, steps: await readSteps(dir, header, kinds), verdict };
}

/** @throws UsageError `OLDER_LAYOUT` for a run of schema 1; HostError `RUN_UNREADABLE`. */
export async function readHeader(dir: string, kinds: KindTable): Promise<RunHeader> {
  await refuseOlder(dir);
  return readJson(join(dir, RUN_FILES.run), runHeader(kinds));
}

/** The number of a run's layout; null for a file that says none. */
export async function schemaOf(dir: string): Promise<number | null> {
  const text = await readFile(join(dir, RUN_FILES.run), 'utf8').catch(() => '');
  try {
    return z.object({ schema: z.number() }).parse(JSON.parse(text)).schema;
  } catch {
    return null;
  }
}

async function refuseOlder(dir: string): Promise<void> {
  if ((await schemaOf(dir)) !== 1) return;
  throw new UsageError('OLDER_LAYOUT', `${dir}: this run is of an older layout (schema 1)`, {
    hint: 'read it with swaprace 0.1',
  });
}

/** The steps of a run that ended. @throws HostError `RUN_UNREADABLE` */
export async function readSteps(dir: string, header: RunHeader, kinds: KindTable): Promise<StoredStep[]> {
  const steps: StoredStep[] = [];
  for (const line of await readManifest(dir)) {
    const folder = join(dir, RUN_FILES.steps, line.hash);
    if (await exists(folder)) steps.push(await readStep(folder, line, kindOfStep(line, header, kinds)));
  }
  return steps;
}

/** @throws HostError `RUN_UNREADABLE` for a step of no probe of the run. */
export function kindOfStep({ step }: ManifestLine, { plan }: RunHeader, kinds: KindTable): ReadKind {
  return kindOf(kinds, plan.probes.find(({ id }) => id === step.probe)?.kind ?? step.probe);
}

export async function readStep(folder: string, { hash }: ManifestLine, kind: ReadKind): Promise<StoredStep> {
  const ended = await readJson(join(folder, STEP_FILES.step), endedStep(kind));
  return { hash, ...ended, finding: await readJson(join(folder, STEP_FILES.finding), kind.finding) };
}

/** Whether a folder holds a run that has begun and not been finished. */
export async function isUnfinished(dir: string): Promise<boolean> {
  return (await exists(join(dir, RUN_FILES.run))) && !(await exists(join(dir, RUN_FILES.sums)));
}
