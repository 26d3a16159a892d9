// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import type { Seen } from '../../model/probe.ts';
import { searchFound, searchRound } from '../../model/search.ts';
import { splat } from '../../model/splat.ts';
import type { SearchArgs } from './spec.ts';

const text = z.string();
const count = z.number().int().nonnegative();
const texts = z.array(text).readonly();

/** What the raw files of one step say, by what the step did. */
export const searchFinding = z.discriminatedUnion('do', [
  z
    .strictObject({
      do: z.literal('census'),
      reached: texts,
      /** A splat came before the time was over: others might have been reached. */
      cut: z.boolean(),
    })
    .readonly(),
  z
    .strictObject({
      do: z.literal('rounds'),
      /** Holds that were tried, and those of them that held a thread. */
      rounds: count,
      held: count,
      /** The last of these. */
      latest: z.array(searchRound).readonly(),
      /** Runs of the contender that the workload counted, and those that were exposed. */
      contenders: z.strictObject({ all: count, exposed: count }).readonly(),
      /** Null where nothing was. */
      found: searchFound.nullable(),
      splats: z.array(splat).readonly(),
    })
    .readonly(),
  z
    .strictObject({
      do: z.literal('minimise'),
      /** Places that were tried. */
      places: count,
      /** As YAML; null where no place gave the finding. */
      schedule: text.nullable(),
    })
    .readonly(),
  z
    .strictObject({
      do: z.literal('replay'),
      attempts: count,
      /** Those that met what the schedule expects. */
      met: count,
      /** How many attempts came to what. */
      outcomes: z.array(z.strictObject({ outcome: text, count }).readonly()).readonly(),
    })
    .readonly(),
]);
export type SearchFinding = z.infer<typeof searchFinding>;
export type FindingOf<Do extends SearchFinding['do']> = Extract<SearchFinding, { readonly do: Do }>;

export type Searched = Seen<SearchArgs, SearchFinding>;
/** A step that did one thing. */
export type SearchedBy<Do extends SearchFinding['do']> = Searched & { readonly finding: FindingOf<Do> };

export function thatDid<Do extends SearchFinding['do']>(seen: readonly Searched[], what: Do): SearchedBy<Do>[] {
  return seen.filter((each): each is SearchedBy<Do> => each.finding.do === what);
}

/** How a step ended that could not do what it was asked for: the kernel lacks it. */
export const NOT_SEARCHED = 'not-searched';

const CONCLUSIVE: ReadonlySet<string> = new Set(['completed', 'splat', 'stalled', 'corruption']);

/** Whether a step was given up without a sign of the kernel's: nothing follows from its end. */
export function isLost({ end, finding }: Searched): boolean {
  return !CONCLUSIVE.has(end.kind) && !(finding.do === 'rounds' && finding.found !== null);
}

/** Steps whose guests showed something of the kernel. */
export function findingsOf(seen: readonly Searched[]): (SearchedBy<'rounds'> & {
  readonly finding: { readonly found: NonNullable<FindingOf<'rounds'>['found']> };
})[] {
  return thatDid(seen, 'rounds').filter(
    (each): each is ReturnType<typeof findingsOf>[number] => each.finding.found !== null,
  );
}
