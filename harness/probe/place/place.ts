// SPDX-License-Identifier: GPL-2.0-only
import type { ProbeKind } from '../../model/probe.ts';
import { placeContradictions } from './contradictions.ts';
import { derivePlaced } from './derive.ts';
import { placeFinding, type PlaceFinding } from './finding.ts';
import { judgePlaced } from './judge.ts';
import { nextStep } from './next.ts';
import type { Stage } from '../stage.ts';
import { runPlaced } from './run.ts';
import { briefOfPlaced, outlineOfPlaced, showPlaced, trendOfPlaced } from './show.ts';
import { placeArgs, placeKeys, placeSpec, type PlaceArgs, type PlaceSpec } from './spec.ts';

/** One operation is held at points of its path while another goes on; the race map is the result. */
export const PLACE: ProbeKind<PlaceSpec, PlaceArgs, PlaceFinding, Stage> = {
  kind: 'place',
  plan: placeKeys,
  spec: placeSpec,
  args: placeArgs,
  finding: placeFinding,
  outline: outlineOfPlaced,
  next: nextStep,
  run: (step, probe, stage) => runPlaced(step, probe, stage),
  derive: (_step, _probe, _end, files) => derivePlaced(files),
  contradictions: placeContradictions,
  brief: briefOfPlaced,
  judge: judgePlaced,
  show: showPlaced,
  trend: trendOfPlaced,
};
