// SPDX-License-Identifier: GPL-2.0-only
import type { ProbeKeys } from '../model/probe.ts';
import { isTree } from './values.ts';

type Values = Readonly<Record<string, unknown>>;

/** A probe's own values over those that the defaults may give it; mappings that are merged, key by key. */
export function mergedValues(
  { defaults, merged = [] }: Pick<ProbeKeys<unknown>, 'defaults' | 'merged'>,
  own: Values,
  shared: Values,
): Record<string, unknown> {
  const values: Record<string, unknown> = { ...own };
  for (const key of defaults) {
    const [mine, theirs] = [own[key], shared[key]];
    if (mine === undefined && theirs !== undefined) values[key] = theirs;
    else if ((key === 'expect' || merged.includes(key)) && isTree(mine) && isTree(theirs)) {
      values[key] = { ...theirs, ...mine };
    }
  }
  return values;
}
