import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../model/errors.ts';
import { BACKEND_NAMES } from './backends.ts';
import { PATH_NAMES } from './paths.ts';

const pointText = z.string().regex(/^[A-Za-z_.][\w.]*(\+(0x[0-9a-f]+|\d+))?(#\d+)?$/i, 'must be function, function+offset or function+offset#occurrence');

const scheduleSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  describe: z.string().default(''),
  /** What the held thread does. */
  path: z.enum(PATH_NAMES).default('fault'),
  /** Where the page is swapped to. */
  backend: z.enum(BACKEND_NAMES).default('rotational'),
  hold: z.strictObject({
    /** Where: a name, or the number of an instruction from the anchor, which holds inside one snapshot only. */
    at: z.union([pointText, z.number().int().nonnegative()]),
    how: z.enum(['stall', 'preempt']),
  }),
  meanwhile: z.enum(['swapoff', 'swapoff+swapon']).default('swapoff'),
  /** What must come of it; absent where nothing is claimed. */
  expect: z
    .strictObject({ kind: z.enum(['oops', 'corruption', 'hang', 'waited', 'refused', 'ok']), matches: z.string().optional() })
    .optional(),
});

/** Who is held where, how, and what the other side does meanwhile. */
export type Schedule = z.infer<typeof scheduleSchema>;

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
  throw new UsageError('SCHEDULE_INVALID', `${origin}: ${problems.join('; ')}`, { hint: 'docs/interleave.md describes schedules' });
}

function parseYaml(text: string, origin: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new UsageError('SCHEDULE_INVALID', `${origin}: ${(cause as Error).message}`, { cause });
  }
}

export function formatSchedule(schedule: Schedule): string {
  return stringify(schedule);
}
