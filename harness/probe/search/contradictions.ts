// SPDX-License-Identifier: GPL-2.0-only
import { scanLog } from '../../evidence/scanner.ts';
import type { PointResult } from '../../model/interleave.ts';
import type { Contradiction, RawFiles, StepEnd } from '../../model/probe.ts';
import { searchRound } from '../../model/search.ts';
import { classify } from '../../model/signature.ts';
import { parseWorkload } from '../../workload/fold.ts';
import { ofEnd, ofSession, ofWorkload } from '../contradictions.ts';
import { ofAttempts } from '../place/contradictions.ts';
import { consoleNames } from '../place/files.ts';
import { pointResult } from '../place/shapes.ts';
import { readJsonLines } from '../raw-json.ts';
import { placeAttempt, SEARCH_FILES } from './files.ts';
import type { Searched } from './finding.ts';
import type { SearchSpec } from './spec.ts';

const { console, workload, rounds: ROUNDS, attempts: ATTEMPTS } = SEARCH_FILES;

/** What of a step of a search cannot be. */
export async function searchContradictions(
  probe: SearchSpec,
  seen: Searched,
  files: RawFiles,
): Promise<Contradiction[]> {
  const { step, end } = seen;
  const { args } = step;
  const common = ofEnd(step, end);
  switch (args.do) {
    case 'census':
      return [...common, ...(await ofRacing(probe, seen, files))];
    case 'rounds':
      return [
        ...common,
        ...(await ofRacing(probe, seen, files)),
        ...(await ofRounds(args.first, probe.rounds, end, files)),
      ];
    case 'minimise': {
      const attempts = await readJsonLines(files, ATTEMPTS, placeAttempt);
      const results = attempts.map(({ result }) => result);
      return [...common, ...ofAttempts(ATTEMPTS, results), ...(await strays(probe, results, files))];
    }
    case 'replay': {
      const results = await readJsonLines(files, ATTEMPTS, pointResult);
      const missing = end.kind === 'completed' && results.length !== args.attempts;
      return [
        ...common,
        ...ofAttempts(ATTEMPTS, results),
        ...(missing ? [{ file: ATTEMPTS, what: `has ${results.length} of ${args.attempts} attempts` }] : []),
        ...(await strays(probe, results, files)),
      ];
    }
  }
}

async function ofRacing(
  probe: SearchSpec,
  { step, end, finding }: Searched,
  files: RawFiles,
): Promise<Contradiction[]> {
  const splats = 'splats' in finding ? finding.splats : scanLog((await files.bytes(console)) ?? '');
  return [
    ...(await ofSession(end, splats, probe.race, files, { console, program: workload })),
    // A thread that is held makes no progress: only a guest in which nothing was held shows a hang so.
    ...(await ofWorkload(step, { ...probe, hangSeconds: Infinity }, end, files, workload)),
  ];
}

/** Holds are counted from the first of the step; a guest in which nothing is found makes them all. */
async function ofRounds(first: number, all: number, { kind }: StepEnd, files: RawFiles): Promise<Contradiction[]> {
  const rounds = await readJsonLines(files, ROUNDS, searchRound);
  const found: Contradiction[] = [];
  const gap = rounds.findIndex(({ round }, at) => round !== first + at);
  if (gap >= 0) found.push({ file: ROUNDS, what: `line ${gap + 1} is not of round ${first + gap}` });
  if (kind !== 'completed') return found;
  if (first + rounds.length < all)
    found.push({ file: ROUNDS, what: `ends at ${first + rounds.length} of ${all} rounds` });
  const pages = parseWorkload((await files.text(workload)) ?? '').exposure?.corruptPages ?? 0;
  if (pages > 0) found.push({ file: workload, what: `${pages} wrong pages, and the step found nothing` });
  return found;
}

/** The bug on a console, and none of the attempts shows it. */
async function strays(
  { race }: SearchSpec,
  results: readonly PointResult[],
  files: RawFiles,
): Promise<Contradiction[]> {
  const reported = new Set(results.flatMap(({ outcome }) => (outcome.kind === 'oops' ? [outcome.signature] : [])));
  const found: Contradiction[] = [];
  for (const file of await consoleNames(files)) {
    const splats = scanLog((await files.bytes(file)) ?? '').filter(({ damaged }) => damaged.length === 0);
    const stray = splats.find((splat) => classify(splat, race.target) === 'target' && !reported.has(splat.title));
    if (stray !== undefined) found.push({ file, what: `shows what no attempt does: ${stray.title}` });
  }
  return found;
}
