// SPDX-License-Identifier: GPL-2.0-only
/** A pattern that matches where any of its parts does. */
export function either(...parts: readonly RegExp[]): RegExp {
  return new RegExp(parts.map(({ source }) => source).join('|'));
}

/** A pattern of parts that follow one another. */
export function sequence(...parts: readonly RegExp[]): RegExp {
  return new RegExp(parts.map(({ source }) => source).join(''));
}
