// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { aborted } from '../../host/deadline.ts';
import { outcomeKey } from '../../model/race-map.ts';
import { ACTOR, HELD, type Placement } from '../../interleave/prepare.ts';
import { metBy, replayToHold } from '../../interleave/replay.ts';
import { parseSchedule, requireSeries, sceneOf, type Schedule } from '../../interleave/schedule.ts';
import { sourceLookup, type SourceLookup } from '../../interleave/symbols.ts';
import { EXIT, UsageError } from '../../model/errors.ts';
import type { PointResult } from '../../model/interleave.ts';
import { readRace } from '../../race/read.ts';
import { withPlacement } from '../../probe/place/guest.ts';
import { replaySchedule } from '../../probe/place/replay.ts';
import { toJson, type CommandContext } from '../context.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { planOf, prepareVariant, variantOf } from './variant.ts';

/** KVM steps into interrupt handlers. */
const PLACED_UNDER = 'tcg';

export interface ReplayFlags extends PlanFlags {
  readonly attempts: string;
  readonly keep?: boolean;
  readonly gdb?: boolean;
  readonly dump?: string;
}

/** `interleave replay`: does what a schedule says, again and again; 0 when every attempt met what it expects. */
export async function replayCommand(
  context: CommandContext,
  name: string,
  variant: string,
  flags: ReplayFlags,
): Promise<void> {
  const attempts = wholeNumber('--attempts', flags.attempts);
  const schedule = await loadSchedule(name, context.workspace.root);
  const scene = sceneOf(schedule, readRace(context.workspace.guestsDir, schedule.race));
  const plan = await planOf(context, flags);
  requireSeries(
    schedule,
    variant,
    variantOf(plan, variant).series.map((path) => basename(path)),
  );
  const { kernel, lab } = await prepareVariant(context, plan, variant, flags, PLACED_UNDER);
  const { signal } = context;
  const source = sourceLookup(kernel.vmlinux, signal);
  const dump = flags.dump === undefined ? null : resolve(flags.dump);
  if (flags.keep === true || flags.gdb === true) {
    const keep = (placement: Placement): Promise<void> =>
      keepAtHold(context, placement, schedule, { source, vmlinux: kernel.vmlinux, dump, gdb: flags.gdb === true });
    return withPlacement(kernel, lab, signal, keep, scene);
  }
  const results = await replaySchedule(kernel, lab, schedule, {
    ...{ attempts, signal },
    ...(dump === null ? {} : { after: ({ machine }) => machine.dump(dump) }),
  });
  const met = metBy(results, schedule);
  context.emit.done();
  context.print(
    flags.json === true ? toJson({ schedule, results, met }) : replayText(schedule, variant, results, met, attempts),
  );
  if (met !== null && met < attempts) context.setStatus(EXIT.missed);
}

interface KeepOptions {
  readonly source: SourceLookup;
  readonly vmlinux: string;
  /** Absolute; null writes no core. */
  readonly dump: string | null;
  readonly gdb: boolean;
}

/** Stops at the hold, says how to look at it, and keeps the guest until the command is interrupted. */
async function keepAtHold(
  context: CommandContext,
  placement: Placement,
  schedule: Schedule,
  options: KeepOptions,
): Promise<void> {
  const { signal } = context;
  const did = await replayToHold(placement, schedule, { source: options.source, signal });
  if (options.dump !== null) await placement.machine.dump(options.dump);
  context.emit.done();
  context.print(`Held at ${schedule.hold.at} (vCPU ${HELD}); ${did}. The guest stays stopped until Ctrl-C.`);
  if (options.gdb) context.print(attachText(options.vmlinux, placement.machine.handOver()));
  await aborted(signal).catch(() => undefined);
}

/** How to attach gdb. Pure. */
export function attachText(vmlinux: string, socket: string): string {
  return [
    'In another terminal:',
    `  gdb ${vmlinux} -ex 'target remote ${socket}' -ex 'thread ${HELD}'`,
    `The held thread is thread ${HELD}, the contender is on thread ${ACTOR}; continue releases both, and with`,
    "'set scheduler-locking on' only the selected one.",
  ].join('\n');
}

function replayText(
  schedule: Schedule,
  variant: string,
  results: readonly PointResult[],
  met: number | null,
  attempts: number,
): string {
  const counts = new Map<string, number>();
  for (const { outcome } of results) counts.set(outcomeKey(outcome), (counts.get(outcomeKey(outcome)) ?? 0) + 1);
  const lines = [...counts].map(([outcome, count]) => `  ${count} of ${attempts}: ${outcome}`);
  const verdict = met === null ? [] : [`  ${met} of ${attempts} attempts met what the schedule expects`];
  return [`${schedule.name} on ${variant}: ${schedule.describe}`, ...lines, ...verdict].join('\n');
}

/** @throws UsageError `NO_SUCH_SCHEDULE`, or what is wrong with its content. */
async function loadSchedule(name: string, root: string): Promise<Schedule> {
  const shipped = join(root, 'kernel-configs', 'schedules', `${name}.yaml`);
  for (const file of [shipped, resolve(name)]) {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text !== null) return parseSchedule(text, basename(file));
  }
  throw new UsageError('NO_SUCH_SCHEDULE', `No schedule ${name}`, { hint: 'ls kernel-configs/schedules, or a path' });
}
