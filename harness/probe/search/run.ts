// SPDX-License-Identifier: GPL-2.0-only
import { rm, writeFile } from 'node:fs/promises';
import { withHostErrors } from '../../host/files.ts';
import { meets } from '../../interleave/replay.ts';
import { parseSchedule } from '../../interleave/schedule.ts';
import { endOf } from '../../lab/end-of.ts';
import { readTextIfExists } from '../../host/files.ts';
import { UsageError, unsuppressed, WrongKernelError } from '../../model/errors.ts';
import type { Step, StepEnd } from '../../model/probe.ts';
import type { SearchFound } from '../../model/search.ts';
import { outcomeKey, pointName } from '../../model/race-map.ts';
import { replaySchedule } from '../place/replay.ts';
import { appendJsonLine, cutToWholeLines, readJsonLines } from '../raw-json.ts';
import type { Stage } from '../stage.ts';
import { placeAttempt, SEARCH_FILES } from './files.ts';
import { NOT_SEARCHED } from './finding.ts';
import { openSearch, type RaceLogs, type SearchedKernel } from './guest.ts';
import { minimise, placeKey } from './minimise.ts';
import { lookAround, searchGuest } from './rounds.ts';
import type { ArgsOf, SearchArgs, SearchSpec } from './spec.ts';

/** What a search does to guests; a test has its own. */
export interface SearchEffects {
  readonly open: typeof openSearch;
  readonly lookAround: typeof lookAround;
  readonly searchGuest: typeof searchGuest;
  readonly minimise: typeof minimise;
  readonly replay: typeof replaySchedule;
}

export const EFFECTS: SearchEffects = { open: openSearch, lookAround, searchGuest, minimise, replay: replaySchedule };

/**
 * Does one step. What an earlier start of it left in a guest is gone with that guest, so it starts from scratch; places
 * that were tried are not tried again.
 *
 * @throws what concerns more than this step: InterruptedError, HostError, and the signal's reason.
 */
export async function runSearch(
  step: Step<SearchArgs>,
  probe: SearchSpec,
  stage: Stage,
  effects: SearchEffects = EFFECTS,
): Promise<StepEnd> {
  const startedAt = new Date().toISOString();
  const ended = (kind: string, message: string, guestBuildId: string | null, detail: unknown = null): StepEnd => ({
    ...{ kind, message, guestBuildId, startedAt, detail },
    endedAt: new Date().toISOString(),
  });
  try {
    const found = await new SearchStep(probe, stage, effects).run(step);
    return ended(found?.kind ?? 'completed', '', step.buildId, found);
  } catch (thrown) {
    stage.signal.throwIfAborted();
    const error = unsuppressed(thrown);
    const end = endOf(error);
    if (end !== null) {
      const message = 'message' in end ? end.message : '';
      return ended(end.kind, message, error instanceof WrongKernelError ? error.reported : null);
    }
    // What this kernel does not have, or has under another name.
    if (error instanceof UsageError) return ended(NOT_SEARCHED, error.message, null);
    throw error;
  }
}

class SearchStep {
  #guests = 0;

  constructor(
    private readonly probe: SearchSpec,
    private readonly stage: Stage,
    private readonly effects: SearchEffects,
  ) {}

  /** @returns what a guest showed; null where it showed nothing, or was not asked. */
  async run(step: Step<SearchArgs>): Promise<SearchFound | null> {
    switch (step.args.do) {
      case 'census':
        await this.#census(step as Step<ArgsOf<'census'>>);
        return null;
      case 'rounds':
        return this.#rounds(step as Step<ArgsOf<'rounds'>>);
      case 'minimise':
        await this.#minimise(step as Step<ArgsOf<'minimise'>>);
        return null;
      case 'replay':
        await this.#replay(step.args);
        return null;
    }
  }

  async #census(step: Step<ArgsOf<'census'>>): Promise<void> {
    const { lab, signal } = this.stage;
    const look = await this.effects.lookAround(await this.#open(), lab, this.probe, step, this.#logs(), signal);
    this.stage.progress(`${look.reached.length} of ${step.args.functions.length} functions are reached`);
    await this.#write(SEARCH_FILES.census, `${JSON.stringify(look)}\n`);
  }

  async #rounds(step: Step<ArgsOf<'rounds'>>): Promise<SearchFound | null> {
    const { lab, files, signal, progress } = this.stage;
    const { race, rounds } = this.probe;
    await rm(files.path(SEARCH_FILES.rounds), { force: true });
    const searched = await this.#open();
    return this.effects.searchGuest(searched, lab, this.probe, step, this.#logs(), signal, async (round) => {
      await appendJsonLine(files, SEARCH_FILES.rounds, round);
      const { held, contender, preemption } = round;
      const what =
        held === null
          ? `${preemption.func}: no thread reached it`
          : `${held.func}: ${race.words.contender} ${contender}`;
      progress(`round ${round.round + 1} of ${rounds}, ${what}`);
    });
  }

  async #minimise({ args, variant }: Step<ArgsOf<'minimise'>>): Promise<void> {
    const { lab, files, signal, progress } = this.stage;
    await cutToWholeLines(files, SEARCH_FILES.attempts);
    const path = (name: string): string => files.path(name);
    const earlier = await readJsonLines(
      { path, text: (name) => readTextIfExists(path(name)) },
      SEARCH_FILES.attempts,
      placeAttempt,
    );
    const schedule = await this.effects.minimise(await this.#open(), lab, {
      ...{ ...args, variant, signal, backend: this.probe.backend, tried: new Set(earlier.map(placeKey)) },
      nextConsole: () => this.#nextConsole(),
      onAttempt: async (attempt) => {
        await appendJsonLine(files, SEARCH_FILES.attempts, attempt);
        progress(`${attempt.path} held at ${pointName(attempt.result.point)}: ${outcomeKey(attempt.result.outcome)}`);
      },
    });
    if (schedule !== null) await this.#write(SEARCH_FILES.schedule, schedule);
  }

  async #replay({ schedule: text, attempts }: ArgsOf<'replay'>): Promise<void> {
    const { kernel, lab, files, signal, progress } = this.stage;
    const schedule = parseSchedule(text, SEARCH_FILES.schedule);
    await rm(files.path(SEARCH_FILES.attempts), { force: true });
    let made = 0;
    let met = 0;
    await this.effects.replay(kernel, lab, schedule, {
      ...{ attempts, signal },
      consoleLog: () => this.#nextConsole(),
      onResult: async (result) => {
        await appendJsonLine(files, SEARCH_FILES.attempts, result);
        made++;
        if (schedule.expect !== undefined && meets(result.outcome, schedule.expect)) met++;
        progress(`${met} of ${made} attempts met what the schedule expects`);
      },
    });
  }

  #open(): Promise<SearchedKernel> {
    const { kernel, lab, signal } = this.stage;
    return this.effects.open(kernel, lab, this.probe.race.name, signal);
  }

  #logs(): RaceLogs {
    const { files } = this.stage;
    return { consoleLog: files.path(SEARCH_FILES.console), workloadLog: files.path(SEARCH_FILES.workload) };
  }

  #nextConsole(): string {
    return this.stage.files.path(`console.${this.#guests++}.log`);
  }

  async #write(name: string, text: string): Promise<void> {
    const file = this.stage.files.path(name);
    await withHostErrors('store what a search found', file, () => writeFile(file, text));
  }
}
