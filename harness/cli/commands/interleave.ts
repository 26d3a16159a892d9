// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exitStatusOf, UsageError } from '../../model/errors.ts';
import type { ExplorationSpec } from '../../model/exploration.ts';
import type { HoldKind, PointChoice, PointSample, RaceMap } from '../../model/interleave.ts';
import type { Kernel } from '../../model/kernel.ts';
import { contenderOperation, defaultBackend, defaultHeld, heldOperation, setupNamed } from '../../race/operations.ts';
import { raceNames, readRace, type RaceFolder } from '../../race/read.ts';
import { outcomeKey, pointName } from '../../model/race-map.ts';
import type { Lab } from '../../lab/lab.ts';
import { exploreStored, readStoredMaps } from '../../pipeline/map-store.ts';
import { mapsHtml } from '../../report/html/maps.ts';
import { notesOfMaps } from '../../report/map-words.ts';
import { compareText, LEGEND, mapSentence, mapText } from '../../report/strip.ts';
import { parseMaps } from '../../store/map-file.ts';
import { toJson, type CommandContext } from '../context.ts';
import { writeOutput } from '../output.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { planOf, prepareVariant } from './variant.ts';

/** KVM steps into interrupt handlers. */
export const PLACED_UNDER = 'tcg';

export interface ExploreFlags extends PlanFlags {
  readonly race: string;
  readonly path?: string;
  readonly setup?: string;
  readonly hold: HoldKind;
  readonly meanwhile?: string;
  readonly every?: string;
  readonly all?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly repeats: string;
  readonly contenderTo?: string;
  readonly sample?: string;
  readonly seed: string;
  readonly at: 'functions' | 'entries';
  readonly functions?: string;
  readonly merge?: boolean;
  readonly reuse?: boolean;
  readonly guests?: string;
}

/**
 * `interleave explore`: holds an operation at chosen points of its path, prints the map and keeps it below results/maps/.
 */
export async function exploreCommand(context: CommandContext, variant: string, flags: ExploreFlags): Promise<void> {
  const maps = await exploreMaps(context, variant, flags);
  context.emit.done();
  if (maps.length === 0) return;
  context.print(flags.json === true ? toJson(maps.length === 1 ? maps[0] : maps) : `${mapsText(maps)}\n\n${LEGEND}`);
}

/** `interleave compare`: maps below each other, from files or of variants that are explored now. */
export async function compareCommand(
  context: CommandContext,
  sources: readonly string[],
  flags: ExploreFlags,
): Promise<void> {
  const maps: RaceMap[] = [];
  for (const source of sources) {
    const stored = await readFile(source, 'utf8').catch(() => null);
    maps.push(...(stored === null ? await exploreMaps(context, source, flags) : parseMaps(stored, source)));
  }
  context.emit.done();
  context.print(flags.json === true ? toJson(maps) : comparisonText(maps));
}

export interface MapsFlags {
  readonly html?: string;
  readonly results?: string;
  readonly json?: boolean;
}

/**
 * `interleave maps`: the maps that explorations have left, below each other; what has none yet is told on standard
 * error.
 */
export async function mapsCommand({ workspace, emit, print }: CommandContext, flags: MapsFlags): Promise<void> {
  const resultsDir = resolve(flags.results ?? workspace.resultsDir);
  const stored = await readStoredMaps(resultsDir);
  const { explorations, unfinished, unreadable } = stored;
  if (explorations.length + unfinished.length + unreadable.length === 0) {
    throw new UsageError('NO_MAPS', `No maps below ${join(resultsDir, 'maps')}`, {
      hint: 'interleave explore makes one, `npm run map` those of the default plan',
    });
  }
  if (flags.html !== undefined) return writeOutput(resolve(flags.html), mapsHtml(stored));
  for (const message of notesOfMaps(stored)) emit({ kind: 'note', message });
  const maps = explorations.flatMap(({ map }) => map ?? []);
  print(flags.json === true ? toJson(maps) : comparisonText(maps));
}

/** Strips below each other, then what each map says of itself. Pure. */
function comparisonText(maps: readonly RaceMap[]): string {
  return [compareText(maps), ...maps.map(mapSentence)].join('\n');
}

async function exploreMaps(context: CommandContext, variant: string, flags: ExploreFlags): Promise<RaceMap[]> {
  const wanted = specOf(readRace(context.workspace.guestsDir, flags.race), variant, flags);
  const { kernel, lab } = await prepareVariant(context, await planOf(context, flags), variant, flags, PLACED_UNDER);
  const places = flags.contenderTo === undefined ? [null] : flags.contenderTo.split(',');
  const maps: RaceMap[] = [];
  for (const [index, contenderTo] of places.entries()) {
    const sample = sampleOf(flags, places.length, index);
    const spec = { ...wanted, kernelId: kernel.record.id, buildId: kernel.buildId, contenderTo, sample };
    const map = await exploreAndKeep(context, spec, kernel, lab, flags);
    if (map !== null) maps.push(map);
  }
  return maps;
}

/** What the flags ask for, of whatever kernel. @throws UsageError for flags that make no sense. */
function specOf(
  race: RaceFolder,
  variant: string,
  flags: ExploreFlags,
): Omit<ExplorationSpec, 'kernelId' | 'buildId' | 'contenderTo' | 'sample'> {
  const path = flags.path ?? defaultHeld(race);
  const meanwhile = flags.meanwhile ?? race.contender;
  heldOperation(race, path);
  contenderOperation(race, meanwhile);
  return {
    ...{ id: variant, probe: 'explore', variant },
    ...{ race: race.name, path, hold: flags.hold, meanwhile },
    backend: flags.setup === undefined ? defaultBackend(race) : setupNamed(race, flags.setup).backend,
    points: choiceOf(flags),
    range: {
      ...(flags.from === undefined ? {} : { from: wholeNumber('--from', flags.from) }),
      ...(flags.to === undefined ? {} : { to: wholeNumber('--to', flags.to) }),
    },
    repeats: wholeNumber('--repeats', flags.repeats),
    entries: flags.at === 'entries' ? (flags.functions?.split(',') ?? 'call graph') : null,
    mergeSeed: mergeSeedOf(flags),
  };
}

async function exploreAndKeep(
  context: CommandContext,
  spec: ExplorationSpec,
  kernel: Kernel,
  lab: Lab,
  flags: ExploreFlags,
): Promise<RaceMap | null> {
  const { emit, signal, workspace } = context;
  const { dir, record, map } = await exploreStored(spec, kernel, lab, resolve(flags.results ?? workspace.resultsDir), {
    signal,
    reuse: flags.reuse === true,
    ...(flags.guests === undefined ? {} : { guests: wholeNumber('--guests', flags.guests) }),
    onResult: (result) => emit({ kind: 'phase', name: pointName(result.point), detail: outcomeKey(result.outcome) }),
    onResume: (points) =>
      emit({ kind: 'note', message: `going on behind ${points} points that an earlier start explored` }),
  });
  emit({ kind: 'phase', name: 'map', detail: dir });
  if (record.end.kind === 'failed') {
    const again = map === null ? '' : '; the same command goes on where this one ended';
    emit({ kind: 'note', message: `${record.end.message}${again}` });
    context.setStatus(exitStatusOf(record.end.fault));
  }
  return map;
}

/** @throws UsageError `CANNOT_MERGE` where neighbours are not chosen. */
function mergeSeedOf({ merge, all, at, sample, seed }: ExploreFlags): string | null {
  if (merge !== true) return null;
  if (all === true && at === 'functions' && sample === undefined) return seed;
  throw new UsageError('CANNOT_MERGE', '--merge joins neighbouring instructions', {
    hint: 'add --all, without --at entries and without --sample',
  });
}

/** Each place of the contender gets its share of the pairs, and a sample of its own. */
function sampleOf({ sample, seed }: ExploreFlags, places: number, index: number): PointSample | null {
  if (sample === undefined) return null;
  const pairs = wholeNumber('--sample', sample);
  const count = Math.floor(pairs / places) + (index < pairs % places ? 1 : 0);
  return { count, seed: `${seed} ${index}` };
}

function mapsText(maps: readonly RaceMap[]): string {
  const texts = maps.map((map) => mapText(map)).join('\n');
  if (maps.length === 1) return texts;
  const sum = (of: (map: RaceMap) => number): number => maps.reduce((total, map) => total + of(map), 0);
  return `${texts}\n${sum(({ exploredPoints }) => exploredPoints)} of ${sum(({ pathPoints }) => pathPoints)} pairs of a point and a place of the contender`;
}

/** `interleave paths`: the operations of a race. */
export function pathsCommand({ workspace, print }: CommandContext, { race: name }: { readonly race: string }): void {
  const { operations } = readRace(workspace.guestsDir, name);
  const width = Math.max(...Object.keys(operations).map((each) => each.length));
  const lines = Object.entries(operations).map(([each, { describe, held, meanwhile }]) => {
    const from = held === undefined ? [] : [`held from ${held.from.map((place) => place.name).join(' or ')}`];
    const roles = [...from, ...(meanwhile === undefined ? [] : ['may go on meanwhile'])].join('; ');
    return `${each.padEnd(width)}  ${describe}\n${' '.repeat(width + 2)}${roles}`;
  });
  print(lines.join('\n'));
}

/** `interleave races`: the races that there are, with the commits that fixed them. */
export function racesCommand({ workspace, print }: CommandContext): void {
  const races = raceNames(workspace.guestsDir).map((name) => readRace(workspace.guestsDir, name));
  const width = Math.max(...races.map(({ name }) => name.length));
  const lines = races.map(({ name, describe, fixes }) => {
    const fixed = fixes.map(({ commit, cve }) => `${commit}${cve === undefined ? '' : ` (${cve})`}`).join(', ');
    return `${name.padEnd(width)}  ${describe}${fixed === '' ? '' : `\n${' '.repeat(width + 2)}fixed by ${fixed}`}`;
  });
  print(lines.join('\n'));
}

function choiceOf({ all, every }: ExploreFlags): PointChoice {
  if (all === true) return { kind: 'all' };
  return every === undefined ? { kind: 'functions' } : { kind: 'every', count: wholeNumber('--every', every) };
}
