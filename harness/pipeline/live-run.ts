// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../host/files.ts';
import type { Exposure } from '../model/trial.ts';
import type { LiveRun } from '../report/live.ts';
import type { ConsoleTail } from '../report/stored.ts';
import { readTail } from '../results/console-tail.ts';
import { EXPLORATION_FILES, isPartial, RUN_FILES, TRIAL_FILES } from '../store/layout.ts';
import { explorationIds, judged, readRecord, readTrial, trialIds } from '../store/read.ts';
import { parseWorkload } from '../workload/fold.ts';

/** So much of the console and of the workload's messages of the trial that is being written. */
const CONSOLE_BYTES = 8 * 1024;
const WORKLOAD_BYTES = 64 * 1024;

/** True for a run that has begun and not been finished. */
export async function isUnfinished(runDir: string): Promise<boolean> {
  return (await exists(join(runDir, RUN_FILES.run))) && !(await exists(join(runDir, RUN_FILES.sums)));
}

/**
 * A run under way, read while another process writes it: what is whole, and the newest of what is not.
 *
 * @throws HostError `RUN_UNREADABLE`
 */
export async function readLiveRun(runDir: string, now: Date): Promise<LiveRun> {
  const record = await readRecord(runDir);
  const ids = await trialIds(runDir);
  const trials = await Promise.all(ids.map(async (id) => judged(await readTrial(runDir, id))));
  const partial = await partialIn(join(runDir, RUN_FILES.trials));
  const current = partial === undefined ? null : await readCurrent(join(runDir, RUN_FILES.trials, partial), partial);
  const exploring = await readExploring(join(runDir, RUN_FILES.explorations));
  return {
    record,
    trials,
    maps: (await explorationIds(runDir)).length,
    current,
    exploring,
    quietSeconds: Math.max(0, (now.getTime() - (await lastWritten(runDir, partial))) / 1000),
  };
}

async function partialIn(dir: string): Promise<string | undefined> {
  return (await readdir(dir).catch(() => [])).find(isPartial);
}

function idOf(partial: string): string {
  return partial.replace(/^\.|\.partial$/g, '');
}

async function readExploring(dir: string): Promise<LiveRun['exploring']> {
  const partial = await partialIn(dir);
  if (partial === undefined) return null;
  const attempts = await readFile(join(dir, partial, EXPLORATION_FILES.points), 'utf8').catch(() => '');
  return { id: idOf(partial), points: attempts.split('\n').length - 1 };
}

async function readCurrent(dir: string, partial: string): Promise<LiveRun['current']> {
  const id = idOf(partial);
  const [console, exposure] = await Promise.all([
    consoleTail(join(dir, TRIAL_FILES.console)),
    lastCounters(join(dir, TRIAL_FILES.workload)),
  ]);
  return { id, console, exposure };
}

/** A log that is not there yet, or no longer since the trial became whole, is empty. */
async function consoleTail(path: string): Promise<ConsoleTail> {
  const { bytes, omittedBytes } = await readTail(path, CONSOLE_BYTES).catch(() => ({
    bytes: Buffer.alloc(0),
    omittedBytes: 0,
  }));
  return { text: new TextDecoder().decode(bytes), omittedBytes };
}

async function lastCounters(path: string): Promise<Exposure | null> {
  const tail = await readTail(path, WORKLOAD_BYTES).catch(() => null);
  return tail === null ? null : parseWorkload(tail.bytes.toString()).exposure;
}

/** Milliseconds since the epoch. */
async function lastWritten(runDir: string, partial: string | undefined): Promise<number> {
  const trials = join(runDir, RUN_FILES.trials);
  const logs = partial === undefined ? [] : Object.values(TRIAL_FILES).map((name) => join(trials, partial, name));
  const explorations = join(runDir, RUN_FILES.explorations);
  const exploring = await partialIn(explorations);
  const points = exploring === undefined ? [] : [join(explorations, exploring, EXPLORATION_FILES.points)];
  const times = await Promise.all(
    [join(runDir, RUN_FILES.run), trials, ...logs, explorations, ...points].map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}

/** Names of the runs of a folder that were not finished, newest first. */
export async function unfinishedRuns(resultsDir: string): Promise<string[]> {
  const entries = await readdir(resultsDir, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .reverse();
  const unfinished = await Promise.all(names.map((name) => isUnfinished(join(resultsDir, name))));
  return names.filter((_, index) => unfinished[index]);
}
