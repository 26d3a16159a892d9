// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a guest writes to /dev/kmsg when its program has ended. A console of such a guest without it is truncated: what
 * the kernel printed before it may be missing as well.
 */
export const END_MARK = 'swaprace: the program has ended';

/** Whether a console holds the mark; a printk line of it, not a longer one that quotes it. */
export function hasEndMark(console: string): boolean {
  return console.split('\n').some((line) => line.trimEnd().endsWith(END_MARK));
}
