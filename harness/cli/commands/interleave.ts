// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT, UsageError } from '../../model/errors.ts';
import type { HoldKind } from '../../model/interleave.ts';
import { parseMaps, type RaceMap } from '../../probe/place/map.ts';
import { NOT_PLACED } from '../../probe/place/run.ts';
import { compareText, LEGEND, mapText } from '../../probe/place/strip.ts';
import { mapSentence } from '../../probe/place/words.ts';
import { contenderOperation, heldOperation, setupNamed } from '../../race/operations.ts';
import { raceNames, readRace, type RaceFolder } from '../../race/read.ts';
import { mapsHtml } from '../../report/html/maps.ts';
import { mapsOfRun, readStoredMaps } from '../../run/stored-maps.ts';
import { mapsPage } from '../../run/maps-page.ts';
import { toJson, type CommandContext } from '../context.ts';
import { wholeNumber, type PlanFlags } from '../flags.ts';
import { backendKeysOf, madePlanText } from '../made-plan.ts';
import { madeRun, statusOf } from '../made-run.ts';
import { writeOutput } from '../output.ts';
import { planOf } from './variant.ts';

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

/** `interleave explore`: holds an operation at chosen points of its path, prints the map and keeps it with its run. */
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

/** `interleave maps`: the maps of stored runs, below each other; what is not finished is a note on standard error. */
export async function mapsCommand({ workspace, emit, print }: CommandContext, flags: MapsFlags): Promise<void> {
  const resultsDir = resolve(flags.results ?? workspace.resultsDir);
  const stored = await readStoredMaps(resultsDir);
  if (stored.maps.length + stored.notes.length === 0) {
    throw new UsageError('NO_MAPS', `No maps below ${resultsDir}`, {
      hint: 'interleave explore makes one, `npm run map` those of the default plan',
    });
  }
  if (flags.html !== undefined) return writeOutput(resolve(flags.html), mapsHtml(mapsPage(stored)));
  for (const message of stored.notes) emit({ kind: 'note', message });
  const maps = stored.maps.map(({ map }) => map);
  print(flags.json === true ? toJson(maps) : comparisonText(maps));
}

/** Strips below each other, then what each map says of itself. Pure. */
function comparisonText(maps: readonly RaceMap[]): string {
  return [compareText(maps), ...maps.map(mapSentence)].join('\n');
}

/** One run: a probe for each place at which the contender is kept. */
async function exploreMaps(context: CommandContext, variant: string, flags: ExploreFlags): Promise<RaceMap[]> {
  const { workspace, emit } = context;
  const race = readRace(workspace.guestsDir, flags.race);
  const from = await planOf(context, flags);
  const text = madePlanText(
    {
      ...{ name: 'explore', describe: `maps of ${variant} of the plan ${from.name}` },
      ...{ from, variants: [variant], race: race.name, probes: placeProbes(race, flags) },
    },
    workspace.root,
  );
  const run = await madeRun(context, text, flags);
  const { maps, notes } = await mapsOfRun(run.dir, run.header);
  for (const message of notes) emit({ kind: 'note', message });
  const status = statusOf(run, NOT_PLACED);
  if (status !== EXIT.met) context.setStatus(status);
  return maps.map(({ map }) => map);
}

/** What the flags ask for, as probes of a plan file. @throws UsageError for flags that make no sense. */
function placeProbes(race: RaceFolder, flags: ExploreFlags): Record<string, Readonly<Record<string, unknown>>> {
  const { path, meanwhile, setup, hold, at, functions } = flags;
  if (path !== undefined) heldOperation(race, path);
  if (meanwhile !== undefined) contenderOperation(race, meanwhile);
  const number = (key: string, text: string | undefined) =>
    text === undefined ? {} : { [key]: wholeNumber(`--${key}`, text) };
  const common = {
    ...{ kind: 'place', hold, points: pointsOf(flags), ...number('repeats', flags.repeats) },
    ...(path === undefined ? {} : { path }),
    ...(meanwhile === undefined ? {} : { meanwhile }),
    ...(setup === undefined ? {} : backendKeysOf(setupNamed(race, setup).backend)),
    ...{ ...number('from', flags.from), ...number('to', flags.to) },
    ...(at === 'entries' ? { entries: functions?.split(',') ?? 'call graph' } : {}),
    ...mergeKeys(flags),
    ...(flags.guests === undefined ? {} : { 'at-once': wholeNumber('--guests', flags.guests) }),
  };
  const places = flags.contenderTo?.split(',') ?? [null];
  const probes = places.flatMap((contenderTo, index) => {
    const sample = sampleKeys(flags, places.length, index);
    if (sample === null) return [];
    const id = places.length === 1 ? 'explore' : `explore.${index + 1}`;
    return [[id, { ...common, ...sample, ...(contenderTo === null ? {} : { 'contender-to': contenderTo }) }] as const];
  });
  return Object.fromEntries(probes);
}

/** @throws UsageError `CANNOT_MERGE` where neighbours are not chosen. */
function mergeKeys({ merge, all, at, sample, seed }: ExploreFlags): { readonly merge?: string } {
  if (merge !== true) return {};
  if (all === true && at === 'functions' && sample === undefined) return { merge: seed };
  throw new UsageError('CANNOT_MERGE', '--merge joins neighbouring instructions', {
    hint: 'add --all, without --at entries and without --sample',
  });
}

/** Each place of the contender gets its share of the pairs, and a sample of its own; null where it gets none. */
function sampleKeys({ sample, seed }: ExploreFlags, places: number, index: number): object | null {
  if (sample === undefined) return {};
  const pairs = wholeNumber('--sample', sample);
  const count = Math.floor(pairs / places) + (index < pairs % places ? 1 : 0);
  return count === 0 ? null : { sample: { count, seed: `${seed} ${index}` } };
}

function mapsText(maps: readonly RaceMap[]): string {
  const texts = maps.map((map) => mapText(map)).join('\n');
  if (maps.length === 1) return texts;
  const sum = (of: (map: RaceMap) => number): number => maps.reduce((total, map) => total + of(map), 0);
  const [explored, all] = [sum(({ exploredPoints }) => exploredPoints), sum(({ pathPoints }) => pathPoints)];
  return `${texts}\n${explored} of ${all} pairs of a point and a place of the contender`;
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

function pointsOf({ all, every }: ExploreFlags): unknown {
  if (all === true) return 'all';
  return every === undefined ? 'functions' : { every: wholeNumber('--every', every) };
}
