import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { BACKENDS, type BackendName } from '../../interleave/backends.ts';
import { pathNamed, PATHS } from '../../interleave/paths.ts';
import { pointName, type PointChoice } from '../../interleave/points.ts';
import { replay } from '../../interleave/replay.ts';
import { parseSchedule, type Schedule } from '../../interleave/schedule.ts';
import { LEGEND, mapText } from '../../interleave/strip.ts';
import { outcomeKey } from '../../interleave/map.ts';
import { EXIT, UsageError } from '../../model/errors.ts';
import type { HoldKind, PointResult } from '../../model/interleave.ts';
import { exploreKernel, withPlacement, type Scene } from '../../pipeline/place.ts';
import { toJson, type CommandContext } from '../context.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { planOf, prepareVariant } from './variant.ts';

/** KVM steps into interrupt handlers. */
const PLACED_UNDER = 'tcg';

export interface ExploreFlags extends PlanFlags {
  readonly path: string;
  readonly backend: BackendName;
  readonly hold: HoldKind;
  readonly every?: string;
  readonly all?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly repeats: string;
}

/** `interleave explore`: holds the fault at chosen points of its path, and prints the map. */
export async function exploreCommand(context: CommandContext, variant: string, flags: ExploreFlags): Promise<void> {
  const choice = choiceOf(flags);
  const range = {
    ...(flags.from === undefined ? {} : { from: wholeNumber('--from', flags.from) }),
    ...(flags.to === undefined ? {} : { to: wholeNumber('--to', flags.to) }),
  };
  const repeats = wholeNumber('--repeats', flags.repeats);
  const scene = { path: pathNamed(flags.path).name, backend: BACKENDS[flags.backend] };
  const { kernel, lab } = await prepareVariant(context, await planOf(context, flags), variant, flags, PLACED_UNDER);
  const onResult = (result: PointResult): void => context.emit({ kind: 'phase', name: pointName(result.point), detail: outcomeKey(result.outcome) });
  const request = { variant, scene, hold: flags.hold, choice, range, repeats, signal: context.signal, onResult };
  const map = await exploreKernel(kernel, lab, request);
  context.emit.done();
  context.print(flags.json === true ? toJson(map) : `${mapText(map)}\n\n${LEGEND}`);
}

/** `interleave paths`: what can be placed. */
export function pathsCommand(context: CommandContext): void {
  const width = Math.max(...PATHS.map(({ name }) => name.length));
  context.print(PATHS.map(({ name, describe, anchor }) => `${name.padEnd(width)}  ${describe}\n${' '.repeat(width + 2)}from ${anchor.functions.join(' or ')}`).join('\n'));
}

function choiceOf({ all, every }: ExploreFlags): PointChoice {
  if (all === true) return { kind: 'all' };
  return every === undefined ? { kind: 'functions' } : { kind: 'every', count: wholeNumber('--every', every) };
}

export interface ReplayFlags extends PlanFlags {
  readonly attempts: string;
}

/** `interleave replay`: does what a schedule says, again and again; 0 when every attempt met what it expects. */
export async function replayCommand(context: CommandContext, name: string, variant: string, flags: ReplayFlags): Promise<void> {
  const attempts = wholeNumber('--attempts', flags.attempts);
  const schedule = await loadSchedule(name, context.workspace.root);
  const { kernel, lab } = await prepareVariant(context, await planOf(context, flags), variant, flags, PLACED_UNDER);
  const { signal } = context;
  const { results, met } = await withPlacement(kernel, lab, signal, (placement) => replay(placement, schedule, { attempts, signal }), sceneOf(schedule));
  context.emit.done();
  context.print(flags.json === true ? toJson({ schedule, results, met }) : replayText(schedule, variant, results, met, attempts));
  if (met !== null && met < attempts) context.setStatus(EXIT.missed);
}

function sceneOf({ path, backend }: Schedule): Scene {
  return { path, backend: BACKENDS[backend] };
}

function replayText(schedule: Schedule, variant: string, results: readonly PointResult[], met: number | null, attempts: number): string {
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
