// SPDX-License-Identifier: GPL-2.0-only
import { scanLog } from '../../evidence/scanner.ts';
import { meets } from '../../interleave/replay.ts';
import { parseSchedule } from '../../interleave/schedule.ts';
import type { RawFiles, Step, StepEnd } from '../../model/probe.ts';
import { outcomeKey } from '../../model/race-map.ts';
import { searchFound, searchRound, type SearchFound } from '../../model/search.ts';
import type { Splat } from '../../model/splat.ts';
import { parseWorkload } from '../../workload/fold.ts';
import { pointResult } from '../place/shapes.ts';
import { readJsonLines, readRawJson } from '../raw-json.ts';
import { censusFile, placeAttempt, SEARCH_FILES } from './files.ts';
import type { FindingOf, SearchFinding } from './finding.ts';
import { placeKey } from './minimise.ts';
import type { ArgsOf, SearchArgs } from './spec.ts';

/** Holds before a finding that may have led to it: a splat can come late. */
const LATEST = 3;

/** What the raw files of a step say. */
export function deriveSearched(
  { args }: Pick<Step<SearchArgs>, 'args'>,
  end: Pick<StepEnd, 'kind' | 'detail'>,
  files: RawFiles,
): Promise<SearchFinding> {
  switch (args.do) {
    case 'census':
      return deriveCensus(files);
    case 'rounds':
      return deriveRounds(end, files);
    case 'minimise':
      return deriveMinimised(files);
    case 'replay':
      return deriveReplayed(args, files);
  }
}

async function deriveCensus(files: RawFiles): Promise<FindingOf<'census'>> {
  const look = await readRawJson(files, SEARCH_FILES.census, censusFile);
  return { do: 'census', ...(look ?? { reached: [], cut: true }) };
}

async function deriveRounds(end: Pick<StepEnd, 'kind' | 'detail'>, files: RawFiles): Promise<FindingOf<'rounds'>> {
  const rounds = await readJsonLines(files, SEARCH_FILES.rounds, searchRound);
  const held = rounds.filter((round) => round.held !== null);
  const { exposure } = parseWorkload((await files.text(SEARCH_FILES.workload)) ?? '');
  const splats = scanLog((await files.bytes(SEARCH_FILES.console)) ?? '');
  return {
    do: 'rounds',
    rounds: rounds.length,
    held: held.length,
    latest: held.slice(-LATEST),
    contenders: { all: exposure?.contenders ?? 0, exposed: exposure?.exposed ?? 0 },
    found: foundIn(splats, end),
    splats: splats.length === 0 ? [] : await files.symbols.splats(splats),
  };
}

/** A splat explains whatever else ended the guest, but for a kernel that is not the one that was asked for. */
function foundIn([splat]: readonly Splat[], { kind, detail }: Pick<StepEnd, 'kind' | 'detail'>): SearchFound | null {
  if (splat !== undefined && kind !== 'wrong-kernel') return { kind: 'splat', title: splat.title };
  const seen = searchFound.safeParse(detail);
  return seen.success ? seen.data : null;
}

async function deriveMinimised(files: RawFiles): Promise<FindingOf<'minimise'>> {
  const attempts = await readJsonLines(files, SEARCH_FILES.attempts, placeAttempt);
  return {
    do: 'minimise',
    places: new Set(attempts.map(placeKey)).size,
    schedule: await files.text(SEARCH_FILES.schedule),
  };
}

async function deriveReplayed({ schedule }: ArgsOf<'replay'>, files: RawFiles): Promise<FindingOf<'replay'>> {
  const results = await readJsonLines(files, SEARCH_FILES.attempts, pointResult);
  const { expect } = parseSchedule(schedule, SEARCH_FILES.schedule);
  const counts = new Map<string, number>();
  for (const { outcome } of results) counts.set(outcomeKey(outcome), (counts.get(outcomeKey(outcome)) ?? 0) + 1);
  return {
    do: 'replay',
    attempts: results.length,
    met: results.filter(({ outcome }) => expect !== undefined && meets(outcome, expect)).length,
    outcomes: [...counts].map(([outcome, count]) => ({ outcome, count })),
  };
}
