// SPDX-License-Identifier: GPL-2.0-only
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomic } from '../host/files.ts';
import { acquireLock, holderText, type HeldLock } from '../host/lock.ts';
import {
  EXIT,
  HostError,
  InterruptedError,
  SwapraceError,
  UsageError,
  worstStatus,
  type ExitStatus,
} from '../model/errors.ts';
import { stepSeed } from '../model/probe.ts';
import type { Plan } from '../model/plan.ts';
import type { ShownRun } from '../model/shown.ts';
import { changedPlan, type PlanChange } from '../plan/change.ts';
import { PROBES } from '../probe/table.ts';
import { nightText, type FreshFinding, type NightRun, type NightSummary } from '../report/night-text.ts';
import { keptRuns, removeRun, surplus, type Retention } from '../results/retention.ts';
import { readRun } from '../results/reader.ts';
import { showRun } from '../results/show.ts';
import { changesOf } from './night-changes.ts';
import {
  NIGHTS_FOLDER,
  NightJournal,
  readNights,
  seedOf,
  type Night,
  type NightEntry,
  type NightFinding,
} from './night-journal.ts';
import { readHistory } from './history.ts';
import { resumeRun, runPlan, type FinishedRun, type RunOptions } from './run.ts';
import { runsBelow, stateOf } from './same.ts';

/** A plan of a night. */
export interface NightPlan {
  readonly plan: Plan;
  readonly file: string;
}

export interface NightOptions extends RunOptions {
  /** Milliseconds that the night may take; null is no limit. */
  readonly budgetMs: number | null;
  readonly retention: Retention;
  /** Before a run goes on that the host stopped; a minute by itself. */
  readonly pauseMs?: number;
  /**
   * What makes a schedule of a finding that was seen again: a plan of its own; null where there is nothing to search.
   */
  readonly scheduleOf?: (plan: Plan, finding: NightFinding, seed: number) => Plan | null;
  /** How to have a finding again, from the folder of a finished run of such a plan: a line each. */
  readonly againLines?: (dir: string) => Promise<readonly string[]>;
}

export interface FinishedNight {
  /** Its folder: journal and summary. */
  readonly dir: string;
  readonly status: ExitStatus;
  readonly summary: string;
}

/** A plan that is to be run, with its seed; its file, null for a plan of none. */
interface Wanted {
  readonly plan: Plan;
  readonly file: string | null;
}

type Seen = Extract<NightEntry, { kind: 'run' }>['of'];

/** A run at its end; or null, with what the host lacked where that stopped it. */
interface Attempt {
  readonly run: FinishedRun | null;
  readonly why: string | null;
}

/** How often a run goes on that the host stopped, and how long after. */
const HOST_ATTEMPTS = 5;
const HOST_PAUSE_MS = 60_000;

/** What a timer can wait for; a longer one would fire at once. */
const MOST_TIMER_MS = 2 ** 31 - 1;

/** Findings of one plan that are looked into in one night. */
const MOST_CONFIRMED = 5;

/**
 * Runs plans one after another, those first whose last run is the longest ago, and says what is new since the nights
 * before. A night that was stopped goes on where it was when it is started again: finished runs are taken as they are,
 * a run under way is resumed at its step. A finding that no earlier run of its plan had, and that the plan does not
 * expect, is looked for again at once, with another seed.
 *
 * @throws UsageError `NIGHT_RUNNING` while another process runs a night in the same folder; HostError.
 */
export async function runNight(plans: readonly NightPlan[], options: NightOptions): Promise<FinishedNight> {
  await using _lock = await lockNights(options);
  return await new NightRunner(plans, options).toItsEnd();
}

async function lockNights({ workspace: { resultsDir }, signal }: NightOptions): Promise<HeldLock> {
  const folder = join(resultsDir, NIGHTS_FOLDER);
  await mkdir(folder, { recursive: true });
  const busy = new AbortController();
  return acquireLock(join(folder, '.lock'), {
    purpose: 'a night',
    signal: AbortSignal.any([signal, busy.signal]),
    onWait: (holder) =>
      busy.abort(
        new UsageError('NIGHT_RUNNING', `Another night runs in ${resultsDir}: ${holderText(holder)}`, {
          hint: 'wait for its end, or give this one another folder with --results',
        }),
      ),
  });
}

class NightRunner {
  readonly #started = new Date();
  readonly #late = new AbortController();
  readonly #signal: AbortSignal;
  /** Plans, and runs for the sake of a finding, that did not come to their end; with what the host lacked. */
  readonly #left = new Map<string, string | null>();

  constructor(
    private readonly plans: readonly NightPlan[],
    private readonly options: NightOptions,
  ) {
    this.#signal = AbortSignal.any([options.signal, this.#late.signal]);
  }

  async toItsEnd(): Promise<FinishedNight> {
    const { budgetMs, workspace } = this.options;
    const nights = await readNights(workspace.resultsDir);
    const journal = await this.#journal(nights);
    const seeds = [...nights, journal].flatMap(({ entries }) => seedOf(entries) ?? []);
    const timer =
      budgetMs === null ? null : setTimeout(() => this.#late.abort(outOfTime()), Math.min(budgetMs, MOST_TIMER_MS));
    const runs: NightRun[] = [];
    try {
      for (const each of await this.#inOrder()) {
        const run = this.#signal.aborted ? null : await this.#plan(each, journal, seeds);
        if (run !== null) runs.push(run);
        else if (!this.#left.has(each.plan.name)) this.#left.set(each.plan.name, null);
      }
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
    return this.#end(journal, nights, runs);
  }

  /** The journal of a night that was stopped, of the same plans; else a new one. */
  async #journal(nights: readonly Night[]): Promise<NightJournal> {
    const { workspace, emit } = this.options;
    const names = this.plans.map(({ plan }) => plan.name);
    const last = nights.at(-1);
    const [first] = last?.entries ?? [];
    if (last !== undefined && first?.kind === 'started' && !last.entries.some(({ kind }) => kind === 'ended')) {
      if (first.plans.join('\n') === names.join('\n')) {
        emit({ kind: 'note', message: `going on with the night ${last.id}` });
        return NightJournal.again(last);
      }
    }
    const seed = stepSeed(1, `night ${this.#started.toISOString()}`);
    return NightJournal.begin(workspace.resultsDir, seed, names, this.#started);
  }

  /** First what was stopped, then what never ran, then by how long ago the last run was. */
  async #inOrder(): Promise<NightPlan[]> {
    const { workspace, kinds = PROBES } = this.options;
    const runs = await runsBelow(workspace.resultsDir, kinds);
    const keyOf = async ({ plan }: NightPlan): Promise<string> => {
      for (const { dir, header } of runs) {
        if (header instanceof SwapraceError || header.plan.name !== plan.name) continue;
        return (await stateOf(dir, header, kinds)) === 'stopped' ? '0' : `2 ${basename(dir)}`;
      }
      return '1';
    };
    const keyed = await Promise.all(this.plans.map(async (each) => ({ each, key: await keyOf(each) })));
    return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ each }) => each);
  }

  /** Null where the time was up, or somebody stopped it. */
  async #plan({ plan, file }: NightPlan, journal: NightJournal, seeds: readonly number[]): Promise<NightRun | null> {
    const done = journal.entries.find((each) => each.kind === 'run' && each.plan === plan.name && each.of === null);
    const finished =
      done?.kind === 'run'
        ? await this.#shown(done.run)
        : await this.#finish(
            { plan: this.#changed(plan, file, { seed: seedOf(journal.entries) ?? 0 }), file },
            seeds.map((seed) => this.#changed(plan, file, { seed }).text),
          );
    if (finished === null) return null;
    const { shown } = finished;
    if (done === undefined) await journal.add(lineOf(plan.name, finished, null));
    const { kinds = PROBES, workspace } = this.options;
    const { runs, series, unreadable } = await readHistory(workspace.resultsDir, { rebuild: false, kinds });
    for (const message of unreadable) this.options.emit({ kind: 'note', message });
    const changes = changesOf(runs, series, shown);
    const fresh = await this.#confirm(plan, file, finished, changes.fresh, journal);
    return { ...changes, plan: plan.name, run: basename(finished.dir), shown, fresh };
  }

  /**
   * The run of a plan at its end; null where it was stopped. What stops it on the side of the host (a full disk) may
   * pass: it goes on some times.
   */
  async #finish(wanted: Wanted, texts: readonly string[] = []): Promise<FinishedRun | null> {
    for (let attempt = 1; ; attempt++) {
      const { run, why } = await this.#attempt(wanted, texts);
      if (run !== null) return run;
      if (why === null || attempt === HOST_ATTEMPTS || this.#signal.aborted) {
        this.#left.set(wanted.plan.name, why);
        return null;
      }
      const { emit, pauseMs = HOST_PAUSE_MS } = this.options;
      emit({ kind: 'note', message: `${wanted.plan.name}: ${why}; going on in ${Math.round(pauseMs / 1000)} s` });
      await sleep(pauseMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  #changed(plan: Plan, file: string, change: PlanChange): Plan {
    const { kinds = PROBES, workspace } = this.options;
    return changedPlan(plan, change, { file, root: workspace.root, kinds });
  }

  /**
   * A run that was stopped goes on, one that this night made already is taken.
   *
   * @param texts of the same plan with seeds of other nights.
   */
  async #attempt({ plan, file }: Wanted, texts: readonly string[]): Promise<Attempt> {
    const { kinds = PROBES, workspace } = this.options;
    const seed = plan.seed === null ? {} : { seed: plan.seed };
    const command = file === null ? {} : { command: `scripts/run ${file}` };
    const options: RunOptions = { ...this.options, ...seed, ...command, signal: this.#signal };
    for (const { dir, header } of await runsBelow(workspace.resultsDir, kinds)) {
      if (header instanceof SwapraceError) continue;
      if (header.plan.text !== plan.text && !texts.includes(header.plan.text)) continue;
      const state = await stateOf(dir, header, kinds);
      if (state === 'stopped') {
        const resumed = await this.#whole(resumeRun(dir, options));
        const { run } = resumed;
        if (run === null || !run.shown.header.troubles.some(({ fault }) => fault === 'usage')) return resumed;
      } else if (header.plan.text === plan.text) return { run: await this.#shown(basename(dir)), why: null };
      break;
    }
    return this.#whole(runPlan(plan, file, options));
  }

  async #whole(running: Promise<FinishedRun>): Promise<Attempt> {
    try {
      const run = await running;
      const { troubles } = run.shown.header;
      if (troubles.some(({ fault }) => fault === 'interrupted')) return { run: null, why: null };
      const host = troubles.find(({ fault }) => fault === 'host');
      return host === undefined ? { run, why: null } : { run: null, why: host.message };
    } catch (error) {
      if (this.#signal.aborted) return { run: null, why: null };
      if (error instanceof HostError) return { run: null, why: error.message };
      throw error;
    }
  }

  async #shown(run: string): Promise<FinishedRun> {
    const { kinds = PROBES, workspace } = this.options;
    const dir = join(workspace.resultsDir, run);
    return { dir, shown: showRun(await readRun(dir, kinds), kinds), report: '' };
  }

  /** Looks for new findings again at once: with another seed, on their variant and its control alone. */
  async #confirm(
    plan: Plan,
    file: string,
    { dir, shown }: FinishedRun,
    fresh: readonly FreshFinding[],
    journal: NightJournal,
  ): Promise<FreshFinding[]> {
    const confirmed: FreshFinding[] = [];
    for (const [at, each] of fresh.entries()) {
      const known = journal.entries.find((line) => line.kind === 'run' && sameFinding(line, basename(dir), each));
      if (known?.kind === 'run' && known.of !== null) {
        const lines = known.of.seenAgain === true ? await this.#schedule(plan, each, known.of, journal) : [];
        confirmed.push({ ...each, again: { run: known.run, seen: known.of.seenAgain, lines } });
        continue;
      }
      if (at >= MOST_CONFIRMED || this.#signal.aborted) {
        confirmed.push(each);
        continue;
      }
      const again = await this.#again(plan, file, shown, each);
      if (again === null) {
        confirmed.push(each);
        continue;
      }
      const { probe, variant, title } = each;
      const of = { run: basename(dir), finding: { probe, variant, title }, seenAgain: again.seen };
      await journal.add(lineOf(again.plan, again.finished, of));
      const lines = again.seen === true ? await this.#schedule(plan, each, of, journal) : [];
      confirmed.push({ ...each, again: { run: basename(again.finished.dir), seen: again.seen, lines } });
    }
    return confirmed;
  }

  async #again(plan: Plan, file: string, shown: ShownRun, { probe, variant, title }: FreshFinding) {
    const control = shown.probes.find(({ spec }) => spec.id === probe)?.spec.control ?? null;
    const variants = [...new Set([...(control === null ? [] : [control]), variant])];
    const name = `${plan.name} again`;
    const seed = stepSeed(shown.header.plan.seed, `again ${probe} ${variant} ${title}`);
    const reduced = this.#changed(plan, file, { name, seed, probe: { id: probe, keys: { variants } } });
    const finished = await this.#finish({ plan: reduced, file });
    if (finished === null) return null;
    const own = finished.shown.verdict.probes.flatMap(({ variants: all }) =>
      all.filter((one) => one.variant === variant),
    );
    const shows = own.some(({ signatures }) => signatures.some((signature) => signature.title === title));
    const isOpen = own.length === 0 || own.some(({ outcome }) => outcome === 'inconclusive');
    return { plan: name, finished, seen: shows ? true : isOpen ? null : false };
  }

  /** How to have it again, where a search finds that out. */
  async #schedule(plan: Plan, finding: NightFinding, of: Seen, journal: NightJournal): Promise<readonly string[]> {
    const { scheduleOf, againLines } = this.options;
    // Of this night's kernels: an earlier search was of others.
    const search = scheduleOf?.(plan, finding, seedOf(journal.entries) ?? 0) ?? null;
    if (search === null || againLines === undefined || this.#signal.aborted) return [];
    const finished = await this.#finish({ plan: search, file: null });
    if (finished === null) return [];
    const isKnown = journal.entries.some((line) => line.kind === 'run' && line.run === basename(finished.dir));
    if (!isKnown) await journal.add(lineOf(search.name, finished, of));
    return againLines(finished.dir);
  }

  async #end(journal: NightJournal, nights: readonly Night[], runs: readonly NightRun[]): Promise<FinishedNight> {
    const left = [...this.#left].map(([plan, why]) => ({ plan, why }));
    const stopped = this.options.signal.aborted;
    const removed = stopped ? [] : await this.#remove(nights, journal);
    const status = worstStatus([
      ...runs.map(({ shown }) => shown.verdict.status),
      ...left.map(({ why }) => (why === null ? EXIT.inconclusive : EXIT.hostFault)),
      ...(stopped ? [EXIT.interrupted] : []),
    ]);
    const before = nights.findLast(
      ({ id, entries }) => id !== journal.id && entries.some(({ kind }) => kind === 'ended'),
    );
    const summary: NightSummary = {
      ...{
        id: journal.id,
        before: before?.id ?? null,
        seed: seedOf(journal.entries) ?? 0,
        runs,
        left,
        removed,
        status,
      },
      seconds: (Date.now() - this.#started.getTime()) / 1000,
    };
    const text = nightText(summary);
    await writeFileAtomic(join(journal.dir, 'summary.txt'), text);
    if (!stopped) await journal.add({ kind: 'ended', at: new Date().toISOString(), status });
    return { dir: journal.dir, status, summary: text };
  }

  /** What shows how to have a finding again stays: runs that a journal names for one, and this night's own. */
  async #remove(nights: readonly Night[], journal: NightJournal): Promise<NightSummary['removed']> {
    const { retention, workspace, kinds = PROBES } = this.options;
    if (Object.keys(retention).length === 0) return [];
    const lines = [...nights, journal].flatMap(({ entries }) => entries);
    const named = new Set(
      lines.flatMap((line) => (line.kind === 'run' && line.of !== null ? [line.run, line.of.run] : [])),
    );
    const own = new Set(journal.entries.flatMap((line) => (line.kind === 'run' ? [line.run] : [])));
    const kept = await keptRuns(workspace.resultsDir, kinds, (run) => named.has(run) || own.has(run));
    const gone = surplus(kept, retention, Date.now());
    for (const { run } of gone) await removeRun(workspace.resultsDir, run);
    return gone.map(({ run, bytes }) => ({ run, bytes }));
  }
}

function outOfTime(): InterruptedError {
  return new InterruptedError('OUT_OF_TIME', 'the time of the night is up');
}

function lineOf(plan: string, { dir, shown }: FinishedRun, of: Extract<NightEntry, { kind: 'run' }>['of']): NightEntry {
  const at = new Date().toISOString();
  return { kind: 'run', at, plan, run: basename(dir), status: shown.verdict.status, of };
}

function sameFinding({ of }: Extract<NightEntry, { kind: 'run' }>, run: string, finding: NightFinding): boolean {
  return (
    of !== null &&
    of.run === run &&
    of.finding.probe === finding.probe &&
    of.finding.variant === finding.variant &&
    of.finding.title === finding.title
  );
}
