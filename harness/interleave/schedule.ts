// SPDX-License-Identifier: GPL-2.0-only
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../model/errors.ts';
import type { Interleaving } from './attempt.ts';
import { defaultHeld, setupNamed } from '../race/operations.ts';
import { DEFAULT_RACE } from '../model/race.ts';
import type { RaceFolder } from '../race/read.ts';
import type { Scene } from './program.ts';
import { SOURCE_LINE } from './points.ts';

const pointText = z
  .string()
  .regex(
    /^[A-Za-z_.][\w.]*(\+(0x[0-9a-f]+|\d+))?(#\d+)?$/i,
    'must be function, function+offset or function+offset#occurrence',
  );

const lineText = z.string().regex(SOURCE_LINE, 'must be file:line');
const nameText = z.string().regex(/^[a-z0-9][a-z0-9+-]*$/, 'must be a name of a-z, 0-9, + and -');
const placeText = z.string().regex(/^[A-Za-z_.][\w.]*(\+(0x[0-9a-f]+|\d+))?$/i, 'must be function or function+offset');

const scheduleSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  describe: z.string().default(''),
  /** The series, in their order, of the kernels whose source lines it names; absent where it fits any kernel. */
  series: z.array(z.string().min(1)).optional(),
  race: nameText.default(DEFAULT_RACE),
  /** What the held thread does; by default the race's first operation that may be held. */
  path: nameText.optional(),
  /** How the guest is made ready; by default the race's first set-up. */
  setup: nameText.optional(),
  hold: z.strictObject({
    /**
     * Where: a name, a source line, or the number of an instruction from the anchor, which holds inside one snapshot
     * only.
     */
    at: z.union([pointText, lineText, z.number().int().nonnegative()]),
    how: z.enum(['stall', 'preempt']),
  }),
  /**
   * The operation that goes on meanwhile, by default the race's contender; `contender-to` holds it there in its turn,
   * until the first thread has gone on.
   */
  meanwhile: z
    .union([nameText, z.strictObject({ operation: nameText.optional(), 'contender-to': placeText })])
    .optional(),
  /** What must come of it; absent where nothing is claimed. */
  expect: z
    .strictObject({
      kind: z.enum(['oops', 'corruption', 'hang', 'waited', 'refused', 'ok']),
      matches: z.string().optional(),
    })
    .optional(),
});

/** What is held where, how, and what the other side does meanwhile. */
export type Schedule = z.infer<typeof scheduleSchema>;

/**
 * A line of one series is another line of the next.
 *
 * @param series names of those that the variant's kernel has, in their order.
 * @throws UsageError `SCHEDULE_NOT_FOR` when the schedule names lines of others.
 */
export function requireSeries({ name, series: own }: Schedule, variant: string, series: readonly string[]): void {
  if (own === undefined || own.join() === series.join()) return;
  throw new UsageError(
    'SCHEDULE_NOT_FOR',
    `${name} names a source line of kernels with the series ${own.join(', ')}; ` +
      `${variant} has ${series.join(', ') || 'none'}`,
    {
      hint: 'choose a variant with these series, or a schedule that names a function',
    },
  );
}

export function interleavingOf({ hold, meanwhile }: Pick<Schedule, 'hold' | 'meanwhile'>): Interleaving {
  return { hold: hold.how, contenderTo: typeof meanwhile === 'object' ? meanwhile['contender-to'] : null };
}

/**
 * What a schedule of a race plays with.
 *
 * @throws UsageError `NO_SUCH_SETUP` when the race has no such set-up.
 */
export function sceneOf({ path, setup, meanwhile }: Schedule, race: RaceFolder): Scene {
  const contender = typeof meanwhile === 'object' ? meanwhile.operation : meanwhile;
  return {
    race,
    path: path ?? defaultHeld(race),
    meanwhile: contender ?? race.contender,
    backend: setupNamed(race, setup ?? (Object.keys(race.setups)[0] as string)).backend,
  };
}

/**
 * Reads a schedule, YAML or JSON.
 *
 * @param origin its file, for messages.
 * @throws UsageError `SCHEDULE_INVALID` naming each key that is wrong.
 */
export function parseSchedule(text: string, origin: string): Schedule {
  const parsed = scheduleSchema.safeParse(parseYaml(text, origin));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  throw new UsageError('SCHEDULE_INVALID', `${origin}: ${problems.join('; ')}`, {
    hint: 'docs/interleave.md describes schedules',
  });
}

function parseYaml(text: string, origin: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new UsageError('SCHEDULE_INVALID', `${origin}: ${(cause as Error).message}`, { cause });
  }
}

export function formatSchedule(schedule: Schedule): string {
  return stringify(schedule, { lineWidth: 0 });
}
