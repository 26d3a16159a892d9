// SPDX-License-Identifier: GPL-2.0-only
/** A pattern that matches where any of its parts does. */
export function either(...parts: readonly RegExp[]): RegExp {
  return new RegExp(parts.map(({ source }) => source).join('|'));
}

/** A pattern of parts that follow one another. */
export function sequence(...parts: readonly RegExp[]): RegExp {
  return new RegExp(parts.map(({ source }) => source).join(''));
}

/** Named groups that took part in a match; `nature2` is `nature`, since a name may stand once in a pattern only. */
export function namedGroups(match: RegExpExecArray): Record<string, string> {
  const taken = Object.entries(match.groups ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(taken.map(([name, value]) => [name.replace(/\d$/, ''), value]));
}
