// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import type { Preemption } from '../../model/search.ts';

/** A gap of up to a few of the workload's cycles. */
const LONGEST_GAP_MS = 60;
/** About the length of a path's longest part between two calls that are searched. */
const MOST_STEPS = 160;
/** Share of preemptions that hold at the entry itself. */
const AT_ENTRY = 0.2;
/** Share of preemptions with a second hold: most races need one (Burckhardt et al., ASPLOS 2010). */
const SECOND = 0.3;

/** What preemptions are drawn from. */
export interface PreemptionLists {
  readonly seed: string;
  /** Functions at which threads are caught. */
  readonly functions: readonly string[];
  /** Functions at which the contender is kept. */
  readonly contenderFunctions: readonly string[];
}

/** The preemption of a round: the same for the same seed and lists. */
export function drawPreemption(spec: PreemptionLists, round: number): Preemption {
  const draw = (what: string): number => uniform(`${spec.seed} ${round} ${what}`);
  const one = (list: readonly string[], what: string): string => list[Math.floor(draw(what) * list.length)] as string;
  const second = spec.contenderFunctions.length > 0 && draw('second') < SECOND;
  return {
    gapMs: Math.floor(draw('gap') * LONGEST_GAP_MS),
    func: one(spec.functions, 'function'),
    steps: draw('entry') < AT_ENTRY ? 0 : Math.floor(draw('steps') * MOST_STEPS),
    contenderTo: second ? one(spec.contenderFunctions, 'contender') : null,
  };
}

/** In [0, 1), by the first 48 bits of a hash. */
function uniform(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}
