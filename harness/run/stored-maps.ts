// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import { exists } from '../host/files.ts';
import { SwapraceError } from '../model/errors.ts';
import type { ProbeSpec, Step, StepEnd, SymbolLookup } from '../model/probe.ts';
import type { RunHeader } from '../model/run.ts';
import { several } from '../model/words.ts';
import type { PlaceFinding } from '../probe/place/finding.ts';
import { derivePlaced } from '../probe/place/derive.ts';
import { mapOf, type RaceMap } from '../probe/place/map.ts';
import type { PlaceArgs, PlaceSpec } from '../probe/place/spec.ts';
import { wayOf } from '../probe/place/words.ts';
import { PROBES } from '../probe/table.ts';
import { canonical, partialName, RUN_FILES } from '../results/layout.ts';
import { readManifest } from '../results/manifest.ts';
import { rawFiles } from '../results/raw-files.ts';
import { readSteps } from '../results/reader.ts';
import { runsBelow } from './same.ts';

/** A map of a stored run. */
export interface StoredMap {
  /** Name of the run. */
  readonly run: string;
  readonly probe: PlaceSpec;
  readonly kernel: string;
  readonly map: RaceMap;
}

/** What place probes have left below a folder of results. */
export interface StoredMaps {
  /** By path, hold and variant; of a plan that ran twice on the same kernels, the newer one. */
  readonly maps: readonly StoredMap[];
  /** What is not finished, ended early, or could not be read. */
  readonly notes: readonly string[];
}

/** Reads what there is; where nobody explored, nothing. */
export async function readStoredMaps(resultsDir: string): Promise<StoredMaps> {
  const maps: StoredMap[] = [];
  const notes: string[] = [];
  const known = new Set<string>();
  if (await exists(join(resultsDir, 'maps')))
    notes.push(`${join(resultsDir, 'maps')}: maps of an older layout are not read; explore again, or use swaprace 0.1`);
  for (const { dir, header } of await runsBelow(resultsDir, PROBES)) {
    if (header instanceof SwapraceError) {
      if (header.code !== 'OLDER_LAYOUT') notes.push(header.message);
      continue;
    }
    const key = canonical([header.plan.text, Object.values(header.kernels).map(({ id }) => id)]);
    if (!header.plan.probes.some(isPlace) || known.has(key)) continue;
    known.add(key);
    try {
      const stored = await mapsOfRun(dir, header);
      maps.push(...stored.maps);
      notes.push(...stored.notes);
    } catch (error) {
      if (!(error instanceof SwapraceError)) throw error;
      notes.push(error.message);
    }
  }
  const order = ({ map: { path, hold, variant } }: StoredMap): string => [path, hold, variant].join(' ');
  return { maps: maps.sort((a, b) => order(a).localeCompare(order(b), 'en')), notes };
}

/** Number of the maps that there may be, without reading them. */
export async function countStoredMaps(resultsDir: string): Promise<number> {
  const runs = await runsBelow(resultsDir, PROBES);
  const probes = runs.flatMap(({ header }) => (header instanceof SwapraceError ? [] : header.plan.probes));
  return probes.filter(isPlace).reduce((total, { variants }) => total + variants.length, 0);
}

/** The maps of one run, in its plan's order; of a step that was stopped, what was explored until then. */
export async function mapsOfRun(dir: string, header: RunHeader): Promise<StoredMaps> {
  const ended = await readSteps(dir, header, PROBES);
  const stopped = await stoppedSteps(dir);
  const maps: StoredMap[] = [];
  const notes: string[] = [];
  for (const probe of header.plan.probes.filter(isPlace)) {
    for (const variant of probe.variants) {
      const own = [...ended, ...stopped].filter(({ step }) => isOfMap(step, probe, variant));
      const map = mapOf(
        probe,
        variant,
        own.map(({ finding }) => finding as PlaceFinding),
      );
      const kernel = header.kernels[variant]?.id ?? '';
      if (map !== null) maps.push({ run: header.id, probe, kernel, map });
      const note = noteOf(own, map, header.id);
      const way = map === null ? `${probe.path}, ${probe.hold}` : wayOf(map);
      if (note !== null) notes.push(`${variant}, ${way}: ${note}`);
    }
  }
  return { maps, notes };
}

/** What is to be said of a map in addition to what it says itself; null where it is whole. */
function noteOf(steps: readonly MapStep[], map: RaceMap | null, run: string): string | null {
  const failed = steps.find(({ end }) => end?.kind !== 'completed');
  if (failed === undefined) return null;
  if (failed.end !== null)
    return `${failed.end.message}${map === null ? '' : '; its map has what was explored until then'}`;
  const attempts = (failed.finding as PlaceFinding).instants
    .flatMap(({ outcomes }) => outcomes)
    .reduce((total, each) => total + each.attempts, 0);
  return `not finished, ${several(attempts, 'attempt')} so far; scripts/run --resume ${run} continues it`;
}

interface MapStep {
  readonly step: Step;
  /** Null for one that was stopped, or is being made. */
  readonly end: StepEnd | null;
  readonly finding: unknown;
}

const NO_SYMBOLS: SymbolLookup = { splats: async (splats) => splats, places: async () => new Map() };

async function stoppedSteps(dir: string): Promise<MapStep[]> {
  const steps: MapStep[] = [];
  for (const { step, hash } of await readManifest(dir)) {
    const folder = join(dir, RUN_FILES.steps, partialName(hash));
    if (!(await exists(join(folder, 'path.json')))) continue;
    steps.push({ step, end: null, finding: await derivePlaced(rawFiles(folder, NO_SYMBOLS)) });
  }
  return steps;
}

/** Steps of mutants are of other maps. */
function isOfMap(step: Step, { id }: PlaceSpec, variant: string): boolean {
  return step.probe === id && step.variant === variant && (step.args as PlaceArgs).part === 'main';
}

function isPlace(probe: ProbeSpec): probe is PlaceSpec {
  return probe.kind === 'place';
}
