// SPDX-License-Identifier: GPL-2.0-only
import { scanLog } from '../../evidence/scanner.ts';
import { mergeSummary } from '../../interleave/merge.ts';
import type { PointResult } from '../../model/interleave.ts';
import type { RawFiles } from '../../model/probe.ts';
import type { Splat } from '../../model/splat.ts';
import { consoleNames, readPoints, readWaits } from './files.ts';
import { NOTHING_FOUND, type PlaceFinding } from './finding.ts';
import { heldInstants } from './instants.ts';

/** What path.json, points.jsonl and the guests' consoles say. */
export async function derivePlaced(files: RawFiles): Promise<PlaceFinding> {
  const { path, results } = await readPoints(files);
  const consoles = await consoleNames(files);
  const strays = await symbolized(files, await strayed(files, consoles, results));
  const waits = await readWaits(files);
  if (path === null) return { ...NOTHING_FOUND, guests: consoles.length, strays, waits };
  const { instants, splats, ...counts } = heldInstants(results, path);
  const sources = await files.symbols.places(instants.map(({ point }) => point.address));
  return {
    path: { anchor: path.anchor, end: path.end, points: path.points.length },
    ...counts,
    instants: instants.map((instant) => ({ ...instant, source: sources.get(instant.point.address) ?? [] })),
    splats: await symbolized(files, splats),
    merged: path.represented === null ? null : mergeSummary(path.represented, results),
    guests: consoles.length,
    strays,
    waits,
  };
}

/**
 * Splats of the consoles whose titles no attempt has: a guest that crashed where nobody waited for it. One example a
 * title. A restored guest begins in the middle of a line, so a splat that was cut there is none.
 */
async function strayed(
  files: RawFiles,
  consoles: readonly string[],
  results: readonly PointResult[],
): Promise<Splat[]> {
  const reported = new Set(results.flatMap(({ outcome }) => (outcome.kind === 'oops' ? [outcome.signature] : [])));
  const strays = new Map<string, Splat>();
  for (const name of consoles) {
    for (const splat of scanLog((await files.bytes(name)) ?? '')) {
      if (!reported.has(splat.title) && splat.damaged.length === 0) strays.set(splat.title, splat);
    }
  }
  return [...strays.values()];
}

async function symbolized(files: RawFiles, splats: readonly Splat[]): Promise<readonly Splat[]> {
  return splats.length === 0 ? [] : files.symbols.splats(splats);
}
