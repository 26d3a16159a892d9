// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { GuestError } from '../model/errors.ts';
import type { HoldKind, MeanwhileKind, VcpuControl } from '../model/interleave.ts';

/** The words of the control page, in the order of `struct control` in guests/src/interleave/interleave.h. */
const WORDS = [
  'magic',
  'goHeld',
  'go',
  'mode',
  'action',
  'holdBoundNs',
  'holdState',
  'swapoffState',
  'swapoffErrno',
  'swaponErrno',
  'heldState',
  'heldErrno',
  'minorFaults',
  'majorFaults',
  'badPages',
  'childBadPages',
  'swapAreas',
  'done',
  'selftest',
  'holdRelease',
  'swapUsedKiB',
] as const;
export type ControlWord = (typeof WORDS)[number];
export type ControlWords = Readonly<Record<ControlWord, number>>;

/** `enum mark` of the same header. */
export const MARKS = [
  'spin',
  'woken',
  'hold-begin',
  'hold-bound',
  'swapoff-done',
  'held-done',
  'done',
  'selftest-done',
] as const;
export type Mark = (typeof MARKS)[number];

/** `enum mode`, `enum action`, `enum progress`. */
export const MODE: Readonly<Record<HoldKind | 'selftest', number>> = { stall: 0, preempt: 1, selftest: 2 };
export const ACTION: Readonly<Record<MeanwhileKind, number>> = { swapoff: 0, 'swapoff+swapon': 1 };
export const PROGRESS = { none: 0, begun: 1, ended: 2 } as const;

const WORD_BYTES = 8;
/** CONTROL_MAGIC: "swaprace". */
const MAGIC = 0x7377617072616365n;

const address = z
  .string()
  .regex(/^0x[0-9a-f]+$/)
  .transform((text) => BigInt(text));
const lineSchema = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('ready'),
    control: address,
    marks: address,
    markBytes: z.number(),
    words: z.number(),
    target: address,
  }),
  z.object({ t: z.literal('fail'), message: z.string() }),
]);

/** Where the guest program keeps what the harness reads, writes and stops at. */
export interface ProgramPlaces {
  /** Physical. */
  readonly control: bigint;
  readonly marks: bigint;
  readonly markBytes: number;
  /** Virtual address of the page whose fault is placed. */
  readonly target: bigint;
}

/**
 * Reads the line with which the guest program says that it is ready.
 *
 * @throws GuestError `INTERLEAVE_PROGRAM_FAILED` with the program's words.
 */
export function parseReadyLine(line: string): ProgramPlaces {
  const parsed = lineSchema.safeParse(parseJson(line));
  if (parsed.success && parsed.data.t === 'ready' && parsed.data.words >= WORDS.length) return parsed.data;
  const words = parsed.success && parsed.data.t === 'fail' ? parsed.data.message : line.slice(0, 200) || 'nothing';
  throw new GuestError(
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
    const bytes = await this.vcpus.readMemory(1, this.places.control, WORDS.length * WORD_BYTES, 'physical');
    if (bytes.readBigUInt64LE(0) !== MAGIC)
      throw new GuestError('CONTROL_PAGE_GONE', 'The guest’s control page holds something else');
    return Object.fromEntries(
      WORDS.map((word, at) => [word, Number(bytes.readBigUInt64LE(at * WORD_BYTES))]),
    ) as ControlWords;
  }

  async write(values: Partial<ControlWords>): Promise<void> {
    for (const [word, value] of Object.entries(values)) {
      const bytes = Buffer.alloc(WORD_BYTES);
      bytes.writeBigUInt64LE(BigInt(value));
      const place = this.places.control + BigInt(WORDS.indexOf(word as ControlWord) * WORD_BYTES);
      await this.vcpus.writeMemory(1, place, bytes, 'physical');
    }
  }

  addressOf(mark: Mark): bigint {
    return this.places.marks + BigInt(MARKS.indexOf(mark) * this.places.markBytes);
  }

  markAt(pc: bigint): Mark | null {
    const distance = pc - this.places.marks;
    const step = BigInt(this.places.markBytes);
    return distance >= 0n && distance % step === 0n ? (MARKS[Number(distance / step)] ?? null) : null;
  }
}
