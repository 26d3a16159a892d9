// SPDX-License-Identifier: GPL-2.0-only
import { writeFile } from 'node:fs/promises';
import { withHostErrors } from '../../host/files.ts';
import { answered } from '../../lab/answered.ts';
import { programEnd } from '../../lab/program.ts';
import { runSession } from '../../lab/session.ts';
import type { GuestEnd } from '../../model/guest-end.ts';
import type { Step, StepEnd } from '../../model/probe.ts';
import { several } from '../../model/words.ts';
import type { Stage } from '../stage.ts';
import { CONSOLE, WORKLOAD } from './files.ts';
import type { StressArgs, StressSpec } from './spec.ts';
import { WorkloadRun } from './workload-run.ts';

/** Beyond the race itself: preparing the backend, the last cycle, joining threads. */
const TRIAL_GRACE_MS = 60_000;

/**
 * Boots a guest, races threads against a loop of the contender in it, and ends it. Console and workload output are in
 * the step's folder as they came, whatever happened; a trial that was stopped begins again.
 *
 * @throws as `runSession` does.
 */
export async function runStress(
  { seed, args: { seconds } }: Step<StressArgs>,
  probe: StressSpec,
  { kernel, lab, files, signal, progress }: Stage,
): Promise<StepEnd> {
  const startedAt = new Date().toISOString();
  const [consoleLog, workloadLog] = [files.path(CONSOLE), files.path(WORKLOAD)];
  await withHostErrors('start a trial', workloadLog, async () => {
    for (const log of [consoleLog, workloadLog]) await writeFile(log, '');
  });
  const { race, workload, backend, threads, pages, vcpus, memoryMiB, cmdline, hangSeconds } = probe;
  const request = {
    kernel,
    guest: { vcpus, memoryMiB, cmdline, backend },
    accelerator: lab.decision.accelerator,
    consoleLog,
  };
  const limits = { hangMs: hangSeconds * 1000, totalMs: (seconds + hangSeconds) * 1000 + TRIAL_GRACE_MS };
  const raced = { race: race.name, workload, backend, threads, pages, seconds, hangSeconds, seed };
  const { one } = race.words.exposure;
  const { end, guestBuildId, argv, bootMs } = await runSession(request, lab, signal, async ({ guest }, running) => {
    await using program = await answered(guest, 'start the workload', running, (within) =>
      WorkloadRun.start(
        raced,
        guest.remote,
        workloadLog,
        ({ exposed, elapsedMs }) => progress(`${several(exposed, one)} in ${(elapsedMs / 1000).toFixed(1)} s`),
        within,
      ),
    );
    return await programEnd(program, guest, limits, running);
  });
  await withHostErrors('store a trial', consoleLog, () => writeFile(consoleLog, '', { flag: 'a' }));
  const endedAt = new Date().toISOString();
  return { kind: end.kind, message: messageOf(end), guestBuildId, startedAt, endedAt, detail: { end, argv, bootMs } };
}

function messageOf(end: GuestEnd): string {
  switch (end.kind) {
    case 'completed':
      return '';
    case 'splat':
      return 'the console showed a splat';
    case 'stalled':
      return `no progress of ${end.threads.map(({ name, operation }) => `${name} in ${operation}`).join(', ')}`;
    default:
      return end.message;
  }
}
