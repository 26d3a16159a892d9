// SPDX-License-Identifier: GPL-2.0-only
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withHostErrors } from '../host/files.ts';
import type { Search, SearchRound } from '../model/search.ts';
import { writeDurably } from '../results/atomic.ts';
import { toJson } from './layout.ts';

/** The folder of one search: rounds, consoles and workloads as they come, what follows from them at the end. */
export class SearchFiles {
  constructor(readonly dir: string) {}

  consoleLog(guest: number): string {
    return join(this.dir, `console.${guest}.log`);
  }

  workloadLog(guest: number): string {
    return join(this.dir, `workload.${guest}.jsonl`);
  }

  /** Begins anew: of an earlier search of the same, nothing is kept. */
  async create(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
    await withHostErrors('store a search', this.dir, () => mkdir(this.dir, { recursive: true }));
  }

  async append(round: SearchRound): Promise<void> {
    await withHostErrors('store a round', this.dir, () =>
      appendFile(join(this.dir, 'rounds.jsonl'), `${JSON.stringify(round)}\n`),
    );
  }

  /** @returns the file of the schedule; null when there is none. */
  async finish(search: Search): Promise<string | null> {
    await writeDurably(join(this.dir, 'search.json'), toJson(search));
    if (search.minimised === null) return null;
    const file = join(this.dir, 'schedule.yaml');
    await writeDurably(file, search.minimised.schedule);
    return file;
  }
}
