// SPDX-License-Identifier: GPL-2.0-only
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogTail, ShownRun, StepConsole } from '../model/shown.ts';
import { readTail } from './console-tail.ts';
import { CONSOLE_NAME, RUN_FILES } from './layout.ts';

/** So much of a console, from its end, goes into a report. */
const CONSOLE_BYTES = 64 * 1024;

/** The ends of the consoles of steps that showed something, by their names. */
export async function readConsoles(runDir: string, { probes }: ShownRun): Promise<StepConsole[]> {
  const steps = probes.flatMap((probe) => probe.steps).filter(({ brief }) => brief.outcome !== 'ok');
  const consoles: StepConsole[] = [];
  for (const { name, hash } of steps.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const folder = join(runDir, RUN_FILES.steps, hash);
    for (const file of (await readdir(folder)).filter((each) => CONSOLE_NAME.test(each)).sort()) {
      consoles.push({ step: name, file, ...(await readLogTail(join(folder, file), CONSOLE_BYTES)) });
    }
  }
  return consoles;
}

export async function readLogTail(path: string, mostBytes: number): Promise<LogTail> {
  const { bytes, omittedBytes } = await readTail(path, mostBytes);
  return { text: new TextDecoder().decode(bytes), omittedBytes };
}
