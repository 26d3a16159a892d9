// SPDX-License-Identifier: GPL-2.0-only
import type { Paint, Style } from '../report/paint.ts';

/** What says whether colours belong on a stream. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
}

const CODES: Readonly<Record<Style, number>> = { heading: 1, good: 32, bad: 31, doubt: 33 };

/**
 * How words are painted on a stream: with ANSI colours on a terminal, not at all elsewhere, on a dumb terminal, or
 * where the person has set NO_COLOR (https://no-color.org) to anything.
 */
export function paintFor(screen: Screen, env: NodeJS.ProcessEnv = process.env): Paint {
  const isPlain = screen.isTTY !== true || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return isPlain ? (text) => text : (text, style) => `\x1b[${CODES[style]}m${text}\x1b[0m`;
}
