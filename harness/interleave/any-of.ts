// SPDX-License-Identifier: GPL-2.0-only
/** Matches whole texts that one of several regular expressions matches. */
export function anyOf(patterns: readonly string[]): RegExp {
  return new RegExp(`^(${patterns.join('|')})$`);
}
