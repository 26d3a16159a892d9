// SPDX-License-Identifier: GPL-2.0-only
import { writeFile } from 'node:fs/promises';
import { answered } from '../lab/answered.ts';
import type { Lab } from '../lab/lab.ts';
import { programEnd } from '../lab/program.ts';
import { runSession } from '../lab/session.ts';
import type { ProgressListener } from '../model/events.ts';
import type { SessionResult } from '../model/guest-end.ts';
import type { Kernel } from '../model/kernel.ts';
import type { TrialSpec } from '../model/trial.ts';
import { WorkloadRun } from '../probe/stress/workload-run.ts';

/** What every trial of a run shares. */
export interface TrialContext {
  readonly lab: Lab;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

/** Where a trial's raw files go, as they come. */
export interface TrialLogs {
  readonly consoleLog: string;
  readonly workloadLog: string;
}

/** Beyond the race itself: preparing the backend, the last cycle, joining threads. */
const TRIAL_GRACE_MS = 60_000;

/**
 * Boots a guest, races swap-ins against swapoff in it, and ends it. Console and workload output are in `logs` as they
 * came, whatever happened.
 *
 * @throws as `runSession` does.
 */
export async function runTrial(
  spec: TrialSpec,
  kernel: Kernel,
  logs: TrialLogs,
  { lab, signal, emit }: TrialContext,
): Promise<SessionResult> {
  await writeFile(logs.workloadLog, '');
  const { vcpus, memoryMiB, cmdline, backend, seconds, hangSeconds } = spec;
  const request = {
    kernel,
    guest: { vcpus, memoryMiB, cmdline, backend },
    accelerator: lab.decision.accelerator,
    consoleLog: logs.consoleLog,
  };
  const limits = { hangMs: hangSeconds * 1000, totalMs: (seconds + hangSeconds) * 1000 + TRIAL_GRACE_MS };
  return runSession(request, lab, signal, async ({ guest }, running) => {
    await using workload = await answered(guest, 'start the workload', running, (within) =>
      WorkloadRun.start(spec, guest.remote, logs.workloadLog, emit, within),
    );
    return await programEnd(workload, guest, limits, running);
  });
}
