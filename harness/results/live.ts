// SPDX-License-Identifier: GPL-2.0-only
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stepName } from '../model/probe.ts';
import type { LiveRun } from '../model/shown.ts';
import { readLogTail } from './consoles.ts';
import { kindOf, type KindTable } from './kinds.ts';
import { CONSOLE_NAME, partialName, PROGRESS_FILE, RUN_FILES } from './layout.ts';
import { readManifest } from './manifest.ts';
import { isUnfinished, readHeader, readSteps } from './reader.ts';
import { showSteps } from './show.ts';
import { seenOf } from './verdict.ts';

/** So much of the console of the step that is being made. */
const CONSOLE_BYTES = 8 * 1024;

/**
 * A run under way, read while another process writes it: what is whole, and the newest of what is not.
 *
 * @throws HostError `RUN_UNREADABLE`
 */
export async function readLiveRun(runDir: string, kinds: KindTable, now: Date): Promise<LiveRun> {
  const header = await readHeader(runDir, kinds);
  const steps = await readSteps(runDir, header, kinds);
  const lines = await readManifest(runDir);
  const last = lines.at(-1);
  const folder = join(runDir, RUN_FILES.steps, partialName(last?.hash ?? ''));
  const names = await readdir(folder).catch(() => null);
  return {
    header,
    probes: header.plan.probes.map((spec) => ({ spec, steps: showSteps(spec, seenOf(spec, steps), kinds) })),
    titles: header.plan.probes.map((spec) => kindOf(kinds, spec.kind).outline(spec).lines[0] ?? spec.id),
    current: last === undefined || names === null ? null : await current(stepName(last.step), folder, names),
    quietSeconds: Math.max(0, (now.getTime() - (await lastWritten(runDir, folder, names ?? []))) / 1000),
  };
}

/** Null for the console where the log is not there yet, or no longer, since the step became whole. */
async function current(name: string, folder: string, names: readonly string[]): Promise<LiveRun['current']> {
  const progress = await readFile(join(folder, PROGRESS_FILE), 'utf8').catch(() => '');
  const file = names.filter((each) => CONSOLE_NAME.test(each)).sort().at(-1);
  const console = file === undefined ? null : await readLogTail(join(folder, file), CONSOLE_BYTES).catch(() => null);
  return { name, progress, console };
}

/** Milliseconds since the epoch. */
async function lastWritten(runDir: string, folder: string, names: readonly string[]): Promise<number> {
  const paths = [
    ...[RUN_FILES.run, RUN_FILES.manifest, RUN_FILES.steps].map((name) => join(runDir, name)),
    ...[folder, ...names.map((name) => join(folder, name))],
  ];
  const times = await Promise.all(
    paths.map((path) =>
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
