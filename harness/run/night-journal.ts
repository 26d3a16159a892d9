// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { errnoOf, readTextIfExists, syncToDisk, withHostErrors } from '../host/files.ts';
import { newRunId } from '../results/run-id.ts';

/** Below the folder of results: a folder for each night. */
export const NIGHTS_FOLDER = 'nights';
const JOURNAL = 'journal.jsonl';

const finding = z.strictObject({ probe: z.string(), variant: z.string(), title: z.string() }).readonly();

/** One line of a journal. What the runs themselves say is not repeated: their folders are what counts. */
const entry = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('started'),
    at: z.string(),
    /** Of every plan of this night. */
    seed: z.number().int().nonnegative(),
    plans: z.array(z.string()).readonly(),
  }),
  /** A run that came to its end. `of`: it was made for a finding of another run; null there: it could not say. */
  z.strictObject({
    kind: z.literal('run'),
    at: z.string(),
    plan: z.string(),
    run: z.string(),
    status: z.number(),
    of: z.strictObject({ run: z.string(), finding, seenAgain: z.boolean().nullable() }).readonly().nullable(),
  }),
  z.strictObject({ kind: z.literal('ended'), at: z.string(), status: z.number() }),
]);
export type NightEntry = z.infer<typeof entry>;
export type NightFinding = z.infer<typeof finding>;

/** A night that began, and what its journal has. */
export interface Night {
  /** Sorts by time; name of its folder. */
  readonly id: string;
  readonly dir: string;
  readonly entries: readonly NightEntry[];
}

/** Nights of a folder of results, oldest first; what is no journal is passed over. */
export async function readNights(resultsDir: string): Promise<Night[]> {
  const folder = join(resultsDir, NIGHTS_FOLDER);
  const names = await readdir(folder).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const nights = await Promise.all(
    names.sort().map(async (id) => {
      const dir = join(folder, id);
      return { id, dir, entries: parseJournal((await readTextIfExists(join(dir, JOURNAL))) ?? '') };
    }),
  );
  return nights.filter(({ entries }) => entries[0]?.kind === 'started');
}

/** A line that was cut off by a power cut is not read. */
function parseJournal(text: string): NightEntry[] {
  return text.split('\n').flatMap((line) => {
    try {
      const parsed = entry.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}

/** A night that is being written: each line is on the disk before anything else happens. */
export class NightJournal {
  private constructor(
    readonly id: string,
    readonly dir: string,
    readonly entries: NightEntry[],
  ) {}

  static async begin(resultsDir: string, seed: number, plans: readonly string[], now: Date): Promise<NightJournal> {
    const id = newRunId(now);
    const journal = new NightJournal(id, join(resultsDir, NIGHTS_FOLDER, id), []);
    await journal.add({ kind: 'started', at: now.toISOString(), seed, plans });
    return journal;
  }

  static again({ id, dir, entries }: Night): NightJournal {
    return new NightJournal(id, dir, [...entries]);
  }

  async add(line: NightEntry): Promise<void> {
    const path = join(this.dir, JOURNAL);
    await withHostErrors('write the journal of a night', path, async () => {
      await mkdir(this.dir, { recursive: true });
      const file = await open(path, 'a');
      try {
        // A line that was cut off before stays by itself.
        await file.appendFile(`${this.entries.length === 0 ? '' : '\n'}${JSON.stringify(line)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncToDisk(this.dir);
      await syncToDisk(dirname(this.dir));
    });
    this.entries.push(line);
  }
}

/** The seed that a journal begins with. */
export function seedOf(entries: readonly NightEntry[]): number | null {
  const [first] = entries;
  return first?.kind === 'started' ? first.seed : null;
}
