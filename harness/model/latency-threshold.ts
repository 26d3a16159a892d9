// SPDX-License-Identifier: GPL-2.0-only
import type { LatencyThreshold } from './latency.ts';

/** A threshold's rule in short: `p90` (of the control without swapoff), `1500 us`. */
export function thresholdText(threshold: LatencyThreshold): string {
  switch (threshold.kind) {
    case 'quiet-percentile':
      return `p${threshold.percent}`;
    case 'fixed':
      return `${threshold.us} us`;
  }
}
