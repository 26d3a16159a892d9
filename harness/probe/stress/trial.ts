// SPDX-License-Identifier: GPL-2.0-only
import type { Seen, Step } from '../../model/probe.ts';
import type { StressFinding } from './finding.ts';
import type { StressArgs } from './spec.ts';

/** Why a trial says nothing. What each one does to a variant's figures is in figures.ts. */
export type InconclusiveCause =
  | 'host-fault'
  | 'wrong-kernel'
  | 'boot-failed'
  | 'guest-lost'
  | 'workload-failed'
  | 'out-of-time'
  | 'no-end-marker'
  | 'no-exposure'
  | 'truncated'
  | 'damaged-splat';

/** What the evidence of one trial supports, and no more. */
export type TrialVerdict =
  | { readonly kind: 'target'; readonly title: string }
  | { readonly kind: 'hang'; readonly where: string }
  | { readonly kind: 'other-bug'; readonly title: string }
  /** The workload ran its full time and nothing happened; whether that is enough is judged per variant. */
  | { readonly kind: 'ok' }
  | { readonly kind: 'inconclusive'; readonly cause: InconclusiveCause; readonly reason: string };

/** Everything that one trial left, without opinion. */
export interface Evidence extends StressFinding {
  readonly step: Pick<Step<StressArgs>, 'probe' | 'variant' | 'index' | 'buildId' | 'args'>;
  /** Build id that the guest itself reported; null when it never did. */
  readonly guestBuildId: string | null;
}

/** A trial and what was made of it. */
export interface JudgedTrial {
  readonly evidence: Evidence;
  readonly verdict: TrialVerdict;
}

export type StressSeen = Seen<StressArgs, StressFinding>;
