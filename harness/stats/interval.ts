// SPDX-License-Identifier: GPL-2.0-only
/** Where a figure lies with this confidence, e.g. 0.95. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}
