// SPDX-License-Identifier: GPL-2.0-only
import { rm } from 'node:fs/promises';
import { allowedCores, dedicate } from '../../machine/dedicated.ts';
import { HostError, SwapraceError, UsageError } from '../../model/errors.ts';
import type { GuestEnd, SessionResult } from '../../model/guest-end.ts';
import type { Step, StepEnd } from '../../model/probe.ts';
import { readRace } from '../../race/read.ts';
import type { Stage } from '../stage.ts';
import { workloadOf } from './derive.ts';
import { RAW_FILES } from './files.ts';
import type { LatencyDetail } from './finding.ts';
import { coresStood, latencyHostFacts, watchHost } from './host.ts';
import { countUntilClaim } from './hot-path.ts';
import { measureBoot } from './measure.ts';
import type { LatencyArgs, LatencySpec } from './spec.ts';
import type { ArmRole } from './types.ts';

/** Arms that are compared by what an operation executes. */
const COUNTED: readonly ArmRole[] = ['variant', 'null'];

/** How one boot of an arm is measured, and on what. */
export type Measured = Pick<LatencyDetail, 'accelerator' | 'instructions' | 'facts'> & SessionResult;
export type Measure = (step: Step<LatencyArgs>, probe: LatencySpec, stage: Stage) => Promise<Measured>;

/** Measures one boot. @throws what concerns more than this boot: HostError, and the signal's reason. */
export async function runBoot(
  step: Step<LatencyArgs>,
  probe: LatencySpec,
  stage: Stage,
  measure: Measure = measureGuest,
): Promise<StepEnd> {
  for (const name of RAW_FILES) await rm(stage.files.path(name), { force: true });
  const startedAt = new Date().toISOString();
  const host = watchHost();
  const { guestBuildId, ...measured } = await measure(step, probe, stage);
  const detail: LatencyDetail = { ...measured, host: host() };
  const { kind } = measured.end;
  return {
    ...{ kind, message: messageOf(measured.end), guestBuildId },
    ...{ startedAt, endedAt: new Date().toISOString(), detail },
  };
}

function messageOf(end: GuestEnd): string {
  if ('message' in end) return end.message;
  return end.kind === 'stalled'
    ? end.threads
        .map(({ operation, stalledMs }) => `${operation} made no progress for ${stalledMs / 1000} s`)
        .join(', ')
    : '';
}

/** In a guest that has of the host what it needs, as far as the host has it. */
async function measureGuest(step: Step<LatencyArgs>, probe: LatencySpec, stage: Stage): Promise<Measured> {
  const { kernel, lab, files, signal, emit } = stage;
  const { guest } = probe;
  if (guest === null) {
    throw new UsageError('NO_GUESTS', `${probe.id} is of a machine that runs already: it has no guest to boot`, {
      hint: 'measure that machine again: swaprace latency --on ssh:HOST',
    });
  }
  const { accelerator } = lab.decision;
  const dedicated = await dedicate(guest, accelerator);
  const { block, place } = step.args;
  const isFirst = block === 0 && place === 0;
  if (isFirst) emit({ kind: 'phase', name: 'host', detail: 'looking whether its cores stall' });
  const stood = isFirst ? { coresStood: await coresStood(dedicated.cores ?? (await allowedCores()), signal) } : {};
  const boot = {
    ...{ kernel, guest, files, race: readRace(lab.guestsDir, probe.race.name) },
    workload: workloadOf(step, probe),
  };
  const result = await measureBoot(boot, { lab, signal, dedicated });
  return {
    ...result,
    accelerator,
    instructions: probe.instructions && COUNTED.includes(step.args.role) ? await counted(probe.race.name, stage) : null,
    facts: { ...latencyHostFacts(), ...stood, ...dedicated.facts },
  };
}

/** An operation that could not be stepped leaves the boot without this one figure. */
async function counted(race: string, { kernel, lab, signal, emit }: Stage): Promise<number | null> {
  try {
    return await countUntilClaim(race, kernel, lab, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SwapraceError) || error instanceof HostError) throw error;
    emit({ kind: 'note', message: `No instructions of ${kernel.id}: ${error.message}` });
    return null;
  }
}
