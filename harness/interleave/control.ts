// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { GuestError } from '../model/errors.ts';
import type { HoldKind, VcpuControl } from '../model/interleave.ts';

/** Words of the control page that are used here; where each of them is, the guest program says. */
const WORDS = [
  'magic',
  'go_held',
  'go',
  'mode',
  'hold_bound_ns',
  'contender_errno',
  'held_state',
  'held_errno',
  'major_faults',
  'selftest',
  'hold_release',
] as const;
export type ControlWord = (typeof WORDS)[number];
export type ControlWords = Readonly<Record<ControlWord, number>> & {
  /** What the race's check found wrong, with how much of it: `2 wrong pages`. */
  readonly wrongs: readonly string[];
};

/** Places of the guest program at which threads are stopped. */
const MARKS = [
  'spin',
  'woken',
  'hold_begin',
  'hold_bound',
  'contender_done',
  'held_done',
  'done',
  'selftest_done',
] as const;
export type Mark = (typeof MARKS)[number];

/** `enum mode` and `enum progress` of guests/src/common/place.h. */
export const MODE: Readonly<Record<HoldKind | 'selftest', number>> = { stall: 0, preempt: 1, selftest: 2 };
export const PROGRESS = { none: 0, begun: 1, ended: 2 } as const;

const WORD_BYTES = 8;
/** CONTROL_MAGIC: "swaprace". */
const MAGIC = 0x7377617072616365n;

const address = z
  .string()
  .regex(/^0x[0-9a-f]+$/)
  .transform((text) => BigInt(text));
const names = z.array(z.string());
const lineSchema = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('ready'),
    control: address,
    marksAt: address,
    markBytes: z.number(),
    target: address,
    words: names,
    marks: names,
    wrongs: names,
  }),
  z.object({ t: z.literal('fail'), message: z.string() }),
]);

/** Where the guest program keeps what the harness reads, writes and stops at. */
export interface ProgramPlaces {
  /** Physical. */
  readonly control: bigint;
  readonly marksAt: bigint;
  readonly markBytes: number;
  /** Virtual address of the page whose fault is placed; 0 where none is. */
  readonly target: bigint;
  /** Names of the control page's words and of the marks, in their order. */
  readonly words: readonly string[];
  readonly marks: readonly string[];
  /** Kinds of wrong contents that the race counts: one word each, after the others. */
  readonly wrongs: readonly string[];
}

/**
 * Reads the line with which the guest program says that it is ready.
 *
 * @throws GuestError `INTERLEAVE_PROGRAM_FAILED` with the program's words.
 */
export function parseReadyLine(line: string): ProgramPlaces {
  const parsed = lineSchema.safeParse(parseJson(line));
  if (!parsed.success) throw notReady(line.slice(0, 200) || 'nothing');
  if (parsed.data.t === 'fail') throw notReady(parsed.data.message);
  const { words, marks } = parsed.data;
  const missing = [...WORDS.filter((word) => !words.includes(word)), ...MARKS.filter((mark) => !marks.includes(mark))];
  if (missing.length > 0) throw notReady(`its control page has no ${missing.join(', ')}`);
  return parsed.data;
}

function notReady(words: string): GuestError {
  return new GuestError(
    'INTERLEAVE_PROGRAM_FAILED',
    `The guest program that is to be placed did not get ready: ${words}`,
  );
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The control page of a stopped guest, by physical address: whatever its vCPUs are doing. */
export class ControlPage {
  constructor(
    private readonly vcpus: VcpuControl,
    readonly places: ProgramPlaces,
  ) {}

  /** @throws GuestError `CONTROL_PAGE_GONE` when something else is there. */
  async read(): Promise<ControlWords> {
    const { control, words, wrongs } = this.places;
    const bytes = await this.vcpus.readMemory(1, control, (words.length + wrongs.length) * WORD_BYTES, 'physical');
    const wordAt = (index: number): bigint => bytes.readBigUInt64LE(index * WORD_BYTES);
    if (wordAt(words.indexOf('magic')) !== MAGIC)
      throw new GuestError('CONTROL_PAGE_GONE', 'The guest’s control page holds something else');
    const values = Object.fromEntries(WORDS.map((word) => [word, Number(wordAt(words.indexOf(word)))]));
    const counts = wrongs.map((name, at) => [Number(wordAt(words.length + at)), name] as const);
    return {
      ...(values as Record<ControlWord, number>),
      wrongs: counts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`),
    };
  }

  async write(values: Partial<Readonly<Record<ControlWord, number>>>): Promise<void> {
    for (const [word, value] of Object.entries(values)) {
      const bytes = Buffer.alloc(WORD_BYTES);
      bytes.writeBigUInt64LE(BigInt(value));
      const place = this.places.control + BigInt(this.places.words.indexOf(word) * WORD_BYTES);
      await this.vcpus.writeMemory(1, place, bytes, 'physical');
    }
  }

  addressOf(mark: Mark): bigint {
    return this.places.marksAt + BigInt(this.places.marks.indexOf(mark) * this.places.markBytes);
  }

  markAt(pc: bigint): Mark | null {
    const distance = pc - this.places.marksAt;
    const step = BigInt(this.places.markBytes);
    if (distance < 0n || distance % step !== 0n) return null;
    const name = this.places.marks[Number(distance / step)];
    return MARKS.find((mark) => mark === name) ?? null;
  }
}
