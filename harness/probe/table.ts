// SPDX-License-Identifier: GPL-2.0-only
import { LATENCY } from './latency/latency.ts';
import { PLACE } from './place/place.ts';
import { SEARCH } from './search/search.ts';
import type { AnyKind } from './stage.ts';
import { STRESS } from './stress/stress.ts';

/** Every kind of probe by its name in a plan: the one place that lists them. */
export const PROBES: Readonly<Record<string, AnyKind>> = {
  stress: STRESS,
  place: PLACE,
  search: SEARCH,
  latency: LATENCY,
};
