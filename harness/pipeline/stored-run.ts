// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import type { ConsoleTail, StoredRun } from '../report/stored.ts';
import { readTail } from '../results/console-tail.ts';
import { RUN_FILES, TRIAL_FILES } from '../store/layout.ts';
import { readJson } from '../results/read-json.ts';
import { readRun } from '../store/read.ts';
import { trialRecord } from '../store/schema.ts';

/** So much of a console, from its end, goes into a report. */
const CONSOLE_BYTES = 64 * 1024;

/**
 * A finished run with everything that reports are written from.
 *
 * @throws HostError `RUN_UNREADABLE` for a file that is missing or has another shape.
 */
export async function readStoredRun(runDir: string): Promise<StoredRun> {
  const run = await readRun(runDir);
  const ids = run.trials.map(({ evidence }) => evidence.spec.id);
  const metas = await Promise.all(
    ids.map(async (id) => [id, (await readJson(trialFile(runDir, id, 'trial'), trialRecord)).meta] as const),
  );
  const telling = run.trials.filter(({ verdict }) => verdict.kind !== 'clean').map(({ evidence }) => evidence.spec.id);
  const consoles = await Promise.all(telling.map(async (id) => [id, await consoleTail(runDir, id)] as const));
  return { run, metas: new Map(metas), consoles: new Map(consoles) };
}

function trialFile(runDir: string, id: string, file: keyof typeof TRIAL_FILES): string {
  return join(runDir, RUN_FILES.trials, id, TRIAL_FILES[file]);
}

async function consoleTail(runDir: string, id: string): Promise<ConsoleTail> {
  const { bytes, omittedBytes } = await readTail(trialFile(runDir, id, 'console'), CONSOLE_BYTES);
  return { text: new TextDecoder().decode(bytes), omittedBytes };
}
