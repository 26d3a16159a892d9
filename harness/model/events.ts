// SPDX-License-Identifier: GPL-2.0-only
import type { StepBrief } from './probe.ts';

/** What a run reports while it goes on. The terminal is one consumer. */
export type ProgressEvent =
  | { readonly kind: 'phase'; readonly name: string; readonly detail: string }
  | {
      readonly kind: 'build-progress';
      readonly variant: string;
      readonly done: number;
      readonly expected: number | null;
      readonly etaSeconds: number | null;
    }
  | {
      readonly kind: 'build-done';
      readonly variant: string;
      readonly kernelId: string;
      readonly seconds: number;
      readonly cached: boolean;
    }
  /** Steps that a run makes in any case, and the most that more evidence may add up to. */
  | { readonly kind: 'planned'; readonly least: number; readonly most: number }
  | { readonly kind: 'step-start'; readonly step: string }
  /** How far a step is, in its kind's words. */
  | { readonly kind: 'step-progress'; readonly step: string; readonly text: string }
  | { readonly kind: 'step-end'; readonly step: string; readonly brief: StepBrief }
  | { readonly kind: 'note'; readonly message: string };

export type ProgressListener = (event: ProgressEvent) => void;
