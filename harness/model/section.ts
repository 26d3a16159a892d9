// SPDX-License-Identifier: GPL-2.0-only
import type { Splat } from './splat.ts';
import type { VariantOutcome } from './outcome.ts';

/** What a report says of one probe. Formats for people print rows, notes and plots; those for machines take points. */
export interface Section {
  readonly id: string;
  /** What was done to which guest, one line: `anon: anon fault against the contender, 8 threads …`. */
  readonly title: string;
  /** Why no absence below means anything: `x did not crash`; null when they do. */
  readonly blind: string | null;
  readonly rows: readonly SectionRow[];
  /** What columns and letters mean; a line each, in brackets. */
  readonly legend: readonly string[];
  readonly notes: readonly string[];
  /** The same as the legend in sentences, for a mail to who has never seen a report; said once for all probes. */
  readonly prose: readonly string[];
  readonly findings: readonly ShownFinding[];
  readonly plots: readonly Plot[];
  readonly points: readonly Point[];
}

export interface SectionRow {
  readonly variant: string;
  readonly outcome: VariantOutcome;
  /** After the variant and its outcome; columns of equal index are aligned. */
  readonly cells: readonly string[];
  /** The same for a mail, 72 columns wide; the last goes below where it does not fit. */
  readonly narrow: readonly string[];
  /** Below the row. */
  readonly remarks: readonly string[];
}

/** One title that a probe showed, with an example. */
export interface ShownFinding {
  readonly title: string;
  readonly target: boolean;
  readonly variant: string;
  /** Units (trials, points) that showed it. */
  readonly count: number;
  readonly unit: string;
  /** Name of the step that the example is from, and lines of its own: hung threads, words that came back wrong. */
  readonly step: string;
  readonly splat: Splat | null;
  readonly lines: readonly string[];
}

/** One line of a drawn race: on one CPU, at a depth of calls. */
export interface RaceStep {
  readonly column: 'left' | 'right';
  readonly depth: number;
  readonly text: string;
  /** True for what went wrong. */
  readonly crash?: boolean;
}

/** A test point for KTAP, TAP, JUnit, kcidb. */
export interface Point {
  readonly id: string;
  /** `known`: a finding that the plan knows; `error`: inconclusive. */
  readonly status: 'pass' | 'known' | 'fail' | 'error';
  readonly message: string;
  readonly details: readonly string[];
  readonly splat: string | null;
  /** Names of the steps that it rests on. */
  readonly steps: readonly string[];
}

/** Pictures by what they show; harness/report draws each as text and as SVG. */
export type Plot =
  /** The race in the two columns that kernel people draw; time goes down. */
  | {
      readonly kind: 'race';
      readonly title: string;
      /** Heads of the columns. */
      readonly left: string;
      readonly right: string;
      readonly steps: readonly RaceStep[];
    }
  | {
      readonly kind: 'strip';
      readonly title: string;
      /** One character per stretch of a path, and what the letters mean. */
      readonly rows: readonly {
        readonly name: string;
        readonly text: string;
        readonly cells: string;
        readonly title: string;
      }[];
    }
  | {
      readonly kind: 'survival';
      readonly title: string;
      readonly caption: string;
      readonly curves: readonly {
        readonly name: string;
        readonly events: readonly { readonly at: number; readonly event: boolean }[];
      }[];
    }
  | {
      readonly kind: 'rates';
      readonly title: string;
      readonly caption: string;
      /** What the axis says: `crashes per exposed run`. */
      readonly axis: string;
      readonly rates: readonly {
        readonly name: string;
        readonly value: number;
        readonly low: number;
        readonly high: number;
      }[];
    }
  | {
      readonly kind: 'curves';
      readonly title: string;
      readonly caption: string;
      readonly x: string;
      readonly y: string;
      readonly log: 'none' | 'x' | 'y' | 'both';
      readonly curves: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[];
    }
  | {
      readonly kind: 'table';
      readonly title: string;
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };
