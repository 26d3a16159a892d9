// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../model/errors.ts';
import { guestEnd } from '../model/guest-end.ts';
import {
  ARM_ROLES,
  INSTRUMENTS,
  LATENCY_MODES,
  type LatencyBootRecord,
  type LatencyRunRecord,
} from '../model/latency.ts';
import { isPartial } from './layout.ts';
import { currentEnd } from './old-ends.ts';
import { BOOT_FILES, LATENCY_FILES } from './latency-store.ts';

const text = z.string();
const count = z.number().int().nonnegative();
const map = z.record(text, text);

const arm = z.strictObject({ id: text, role: z.enum(ARM_ROLES), variant: text, mode: z.enum(LATENCY_MODES) });

const workload = {
  instrument: z.enum(INSTRUMENTS),
  cycles: count,
  periodUs: count,
  horizonUs: count,
  intervalUs: count,
  pages: count,
  seconds: count,
  hangSeconds: count,
  race: z.boolean().default(true),
  holdUs: count.default(0),
};

const guest = z.looseObject({
  vcpus: count,
  memoryMiB: count,
  cmdline: z.array(text),
  backend: z.looseObject({ kind: text }),
});

const threshold = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('quiet-percentile'), percent: z.number() }),
  z.strictObject({ kind: z.literal('fixed'), us: z.number() }),
]);

/** Variants, kernels and the end are others' records; only what is looked at here is checked. */
const run = z.strictObject({
  schema: z.literal(2),
  id: text,
  startedAt: text,
  plan: z.strictObject({
    name: text,
    describe: text,
    text,
    variants: z.array(z.looseObject({ id: text })),
    arms: z.array(arm),
    guest: guest.nullable(),
    workload: z.strictObject(workload),
    threshold,
    instructions: z.boolean(),
    budget: z.strictObject({ minBoots: count, maxBoots: count, seconds: count, precision: z.number() }),
    accelerator: z.enum(['auto', 'kvm', 'tcg']),
    seed: count,
    alpha: z.number(),
  }),
  versions: map,
  kernels: z.record(text, z.looseObject({ id: text, kernelVersion: text, buildId: text })),
  accelerator: z.strictObject({ accelerator: z.enum(['kvm', 'tcg']), reason: text }).nullable(),
  host: map,
  ended: text.nullable(),
}) as unknown as z.ZodType<LatencyRunRecord>;

const boot = z.strictObject({
  boot: z.strictObject({ id: text, block: count, arm: text, seed: count }),
  arm,
  kernelId: text,
  buildId: text,
  workload: z.strictObject({ ...workload, mode: z.enum(LATENCY_MODES), seed: count }),
  end: z.preprocess(currentEnd, guestEnd),
  startedAt: text,
  endedAt: text,
  accelerator: z.enum(['kvm', 'tcg', 'none']),
  guestBuildId: text.nullable(),
  bootMs: z.number().nullable(),
  instructions: count.nullable(),
  host: z.strictObject({ load: z.number(), steal: z.number().nullable(), busy: z.number().nullable() }),
}) as unknown as z.ZodType<LatencyBootRecord>;

/** @throws UsageError `NOT_A_LATENCY_RUN`. */
export async function readLatencyRun(dir: string): Promise<LatencyRunRecord> {
  return parseLatencyFile(join(dir, LATENCY_FILES.run), run);
}

/** A stored boot and its folder. */
export interface StoredBoot {
  readonly dir: string;
  readonly record: LatencyBootRecord;
}

/** All boots of a run, in their order. @throws UsageError `NOT_A_LATENCY_RUN` naming a file that is not what it was. */
export async function readLatencyBoots(dir: string): Promise<StoredBoot[]> {
  const base = join(dir, LATENCY_FILES.boots);
  const ids = (await readdir(base)).filter((name) => !isPartial(name)).sort();
  return Promise.all(
    ids.map(async (id) => ({
      dir: join(base, id),
      record: await parseLatencyFile(join(base, id, BOOT_FILES.boot), boot),
    })),
  );
}

/** A JSON file of a latency run. @throws UsageError `NOT_A_LATENCY_RUN` naming the file. */
export async function parseLatencyFile<T>(file: string, shape: z.ZodType<T>): Promise<T> {
  try {
    return shape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const message = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new UsageError('NOT_A_LATENCY_RUN', `${file}: ${message}`, {
      hint: 'name the folder of a run that `swaprace latency` made',
      cause,
    });
  }
}
