// SPDX-License-Identifier: GPL-2.0-only
import type { Splat, SplatType } from '../model/splat.ts';

/** What a line, or silence, showed. */
export type ScanEvent =
  /** A splat has begun. Type and title are what its first line says; both may become more precise. */
  | { readonly kind: 'started'; readonly type: SplatType; readonly title: string; readonly line: number }
  | { readonly kind: 'ended'; readonly splat: Splat };

/**
 * How things stand between two lines.
 * - `none`: no splat is open.
 * - `open`: one is, and its last line has not come.
 * - `complete`: all that is open has its last line; a panic may still follow.
 */
export type Pending = 'none' | 'open' | 'complete';
