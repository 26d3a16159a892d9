import { readFile } from 'node:fs/promises';
import { BACKENDS, type BackendName } from '../../interleave/backends.ts';
import { pathNamed, PATHS } from '../../interleave/paths.ts';
import { pointName, type PointChoice } from '../../interleave/points.ts';
import { parseMaps } from '../../interleave/map-file.ts';
import { compareText, LEGEND, mapSentence, mapText } from '../../interleave/strip.ts';
import { outcomeKey } from '../../interleave/map.ts';
import { UsageError } from '../../model/errors.ts';
import type { HoldKind, PointResult, RaceMap } from '../../model/interleave.ts';
import { exploreKernel, type ExploreRequest } from '../../pipeline/place.ts';
import { toJson, type CommandContext } from '../context.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { planOf, prepareVariant } from './variant.ts';

/** KVM steps into interrupt handlers. */
export const PLACED_UNDER = 'tcg';

export interface ExploreFlags extends PlanFlags {
  readonly path: string;
  readonly backend: BackendName;
  readonly hold: HoldKind;
  readonly every?: string;
  readonly all?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly repeats: string;
  readonly swapoffTo?: string;
  readonly sample?: string;
  readonly seed: string;
  readonly at: 'functions' | 'entries';
  readonly functions?: string;
  readonly merge?: boolean;
}

/** `interleave explore`: holds the fault at chosen points of its path, and prints the map. */
export async function exploreCommand(context: CommandContext, variant: string, flags: ExploreFlags): Promise<void> {
  const maps = await exploreMaps(context, variant, flags);
  context.emit.done();
  context.print(flags.json === true ? toJson(maps.length === 1 ? maps[0] : maps) : `${mapsText(maps)}\n\n${LEGEND}`);
}

/** `interleave compare`: maps below each other, from files or of variants that are explored now. */
export async function compareCommand(context: CommandContext, sources: readonly string[], flags: ExploreFlags): Promise<void> {
  const maps: RaceMap[] = [];
  for (const source of sources) {
    const stored = await readFile(source, 'utf8').catch(() => null);
    maps.push(...(stored === null ? await exploreMaps(context, source, flags) : parseMaps(stored, source)));
  }
  context.emit.done();
  context.print(flags.json === true ? toJson(maps) : comparisonText(maps));
}

/** Strips below each other, then what each map says of itself. Pure. */
function comparisonText(maps: readonly RaceMap[]): string {
  return [compareText(maps), ...maps.map(mapSentence)].join('\n');
}

async function exploreMaps(context: CommandContext, variant: string, flags: ExploreFlags): Promise<RaceMap[]> {
  const choice = choiceOf(flags);
  const range = {
    ...(flags.from === undefined ? {} : { from: wholeNumber('--from', flags.from) }),
    ...(flags.to === undefined ? {} : { to: wholeNumber('--to', flags.to) }),
  };
  const repeats = wholeNumber('--repeats', flags.repeats);
  const points = { ...entriesOf(flags), ...mergeOf(flags) };
  const scene = { path: pathNamed(flags.path).name, backend: BACKENDS[flags.backend] };
  const { kernel, lab } = await prepareVariant(context, await planOf(context, flags), variant, flags, PLACED_UNDER);
  const onResult = (result: PointResult): void => context.emit({ kind: 'phase', name: pointName(result.point), detail: outcomeKey(result.outcome) });
  const places = flags.swapoffTo === undefined ? [null] : flags.swapoffTo.split(',');
  const maps: RaceMap[] = [];
  for (const [index, swapoffTo] of places.entries()) {
    const request = { variant, scene, hold: flags.hold, choice, range, repeats, signal: context.signal, onResult };
    maps.push(await exploreKernel(kernel, lab, { ...request, ...sampleOf(flags, places.length, index), ...points, ...(swapoffTo === null ? {} : { swapoffTo }) }));
  }
  return maps;
}

/** @throws UsageError `CANNOT_MERGE` where neighbours are not chosen. */
function mergeOf({ merge, all, at, sample, seed }: ExploreFlags): Pick<ExploreRequest, 'mergeSeed'> {
  if (merge !== true) return {};
  if (all === true && at === 'functions' && sample === undefined) return { mergeSeed: seed };
  throw new UsageError('CANNOT_MERGE', '--merge joins neighbouring instructions', { hint: 'add --all, without --at entries and without --sample' });
}

function entriesOf({ at, functions }: ExploreFlags): Pick<ExploreRequest, 'entries'> {
  if (at !== 'entries') return {};
  return { entries: functions?.split(',') ?? 'call graph' };
}

/** Each place of swapoff gets its share of the pairs, and a sample of its own. */
function sampleOf({ sample, seed }: ExploreFlags, places: number, index: number): Pick<ExploreRequest, 'sample'> {
  if (sample === undefined) return {};
  const pairs = wholeNumber('--sample', sample);
  const count = Math.floor(pairs / places) + (index < pairs % places ? 1 : 0);
  return { sample: { count, seed: `${seed} ${index}` } };
}

function mapsText(maps: readonly RaceMap[]): string {
  const texts = maps.map((map) => mapText(map)).join('\n');
  if (maps.length === 1) return texts;
  const sum = (of: (map: RaceMap) => number): number => maps.reduce((total, map) => total + of(map), 0);
  return `${texts}\n${sum(({ exploredPoints }) => exploredPoints)} of ${sum(({ pathPoints }) => pathPoints)} pairs of a point and a place of swapoff`;
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
