// SPDX-License-Identifier: GPL-2.0-only
import type { Arm } from './types.ts';

/** Names of the controls that every probe has, after the variant whose kernel they boot. */
const NULL_SUFFIX = '=null';
const QUIET_SUFFIX = '=quiet';
const STOP_SUFFIX = '=stop';

/**
 * The arms of a probe: its variants, then the first of them again under another name (the null pair), without the
 * contender, and with a machine that is stopped on purpose.
 */
export function armsOf(variants: readonly string[]): Arm[] {
  const first = variants[0] as string;
  return [
    ...variants.map((variant): Arm => ({ id: variant, role: 'variant', variant, mode: 'contend' })),
    { id: first + NULL_SUFFIX, role: 'null', variant: first, mode: 'contend' },
    { id: first + QUIET_SUFFIX, role: 'quiet', variant: first, mode: 'quiet' },
    { id: first + STOP_SUFFIX, role: 'stop', variant: first, mode: 'stop' },
  ];
}
