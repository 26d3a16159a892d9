// SPDX-License-Identifier: GPL-2.0-only
import type { ProbeKind } from '../../model/probe.ts';
import type { Stage } from '../stage.ts';
import { searchContradictions } from './contradictions.ts';
import { deriveSearched } from './derive.ts';
import { searchFinding, type SearchFinding } from './finding.ts';
import { judgeSearched } from './judge.ts';
import { nextSearch } from './next.ts';
import { runSearch } from './run.ts';
import { briefOfSearched, outlineOfSearch, showSearched, trendOfSearched } from './show.ts';
import { searchArgs, searchKeys, searchSpec, type SearchArgs, type SearchSpec } from './spec.ts';

/** Threads of a workload are held at random while it races; a schedule that gives what was found is the result. */
export const SEARCH: ProbeKind<SearchSpec, SearchArgs, SearchFinding, Stage> = {
  kind: 'search',
  plan: searchKeys,
  spec: searchSpec,
  args: searchArgs,
  finding: searchFinding,
  outline: outlineOfSearch,
  next: nextSearch,
  run: (step, probe, stage) => runSearch(step, probe, stage),
  derive: (step, _probe, end, files) => deriveSearched(step, end, files),
  contradictions: searchContradictions,
  brief: briefOfSearched,
  judge: judgeSearched,
  show: showSearched,
  trend: trendOfSearched,
};
