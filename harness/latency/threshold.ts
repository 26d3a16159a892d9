import type { LatencyThreshold } from '../model/latency.ts';

/** A threshold as reports and the history name it: `p90 of the control without swapoff`, `1500 us`. */
export function thresholdText(threshold: LatencyThreshold): string {
  switch (threshold.kind) {
    case 'quiet-percentile':
      return `p${threshold.percent} of the control without swapoff`;
    case 'fixed':
      return `${threshold.us} us`;
  }
}
