// SPDX-License-Identifier: GPL-2.0-only
import type { ExitStatus } from '../model/errors.ts';
import type { ShownRun } from '../model/shown.ts';
import { wrap } from './columns.ts';
import { oneLine } from './plain.ts';
import { MEANING, several } from './wording.ts';

/** A finding that no earlier run of its plan had. */
export interface FreshFinding {
  readonly probe: string;
  readonly variant: string;
  readonly title: string;
  /** In how many of the probe's units it was seen. */
  readonly count: number;
  /** What looking for it again showed; null where nobody did. */
  readonly again: {
    readonly run: string;
    /** Null: that run was inconclusive. */
    readonly seen: boolean | null;
    /** How to have it again. */
    readonly lines: readonly string[];
  } | null;
}

/** A plan's run in a night, against those of the nights before. */
export interface NightRun {
  readonly plan: string;
  readonly run: string;
  readonly shown: ShownRun;
  /** No run of the plan came before: there is nothing to compare with. */
  readonly first: boolean;
  readonly fresh: readonly FreshFinding[];
  /** One sentence each. */
  readonly gone: readonly string[];
  readonly rates: readonly string[];
}

export interface NightSummary {
  readonly id: string;
  /** The last night that ended before; null where this is the first. */
  readonly before: string | null;
  readonly seed: number;
  readonly seconds: number;
  readonly runs: readonly NightRun[];
  /** Plans that the night had no time for, or that were stopped. */
  readonly left: readonly { readonly plan: string; readonly why: string | null }[];
  readonly removed: readonly { readonly run: string; readonly bytes: number }[];
  readonly status: ExitStatus;
}

/** A night in a few lines: what is new, gone and blind since the nights before. Ends with a newline. */
export function nightText(night: NightSummary): string {
  const { id, before, seed, seconds, runs, left, removed, status } = night;
  const steps = runs.reduce(
    (sum, { shown }) => sum + shown.probes.reduce((all, probe) => all + probe.steps.length, 0),
    0,
  );
  const parts = [
    wrap(
      `night ${id}: ${several(runs.length, 'plan')}, ${several(steps, 'step')}, ${Math.ceil(seconds / 60)} min, seed ${seed}`,
      2,
    ),
    runs.flatMap(({ plan, run, shown: { verdict } }) => [
      ...wrap(`  ${plan}: ${MEANING[verdict.status]} (${verdict.status}); ${run}`, 4),
      ...verdict.reasons.flatMap((reason) => wrap(`      ${oneLine(reason)}`, 6)),
    ]),
    listed(
      before === null ? 'New:' : `New since ${before}:`,
      runs.flatMap((run) => run.fresh.map((finding) => freshText(run, finding))),
    ),
    listed(
      'Gone:',
      runs.flatMap(({ plan, gone }) => gone.map((text) => `${plan} ${text}`)),
    ),
    listed(
      'Rates and figures that changed:',
      runs.flatMap(({ plan, rates }) => rates.map((text) => `${plan} ${text}`)),
    ),
    listed('Blind:', runs.flatMap(blindTexts)),
    listed(
      'First runs of their plans, with which later ones are compared:',
      runs.flatMap(({ plan, first }) => (first ? [plan] : [])),
    ),
    listed(
      'Not finished; the next night goes on with it:',
      left.map(({ plan, why }) => (why === null ? plan : `${plan}: ${oneLine(why)}`)),
    ),
    removed.length === 0
      ? []
      : [
          `Removed: ${several(removed.length, 'run')}, ${mebibytes(removed.reduce((sum, { bytes }) => sum + bytes, 0))}`,
        ],
    [`exit status ${status}: ${MEANING[status]}`],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function listed(title: string, items: readonly string[]): string[] {
  return items.length === 0
    ? []
    : [title, ...items.flatMap((item) => item.split('\n').flatMap((line) => wrap(`  ${line}`, 4)))];
}

function freshText({ plan, run }: NightRun, { probe, variant, title, count, again }: FreshFinding): string {
  const seen = `${plan} ${probe}/${variant}: ${oneLine(title)}; seen ${several(count, 'time')} in ${run}`;
  if (again === null) return `${seen}; not looked for again`;
  const confirmed =
    again.seen === true
      ? `confirmed, seen again in ${again.run}`
      : `not confirmed: ${again.seen === null ? `inconclusive in ${again.run}` : `not seen again in ${again.run}`}`;
  return [`${seen}; ${confirmed}`, ...again.lines].join('\n');
}

function blindTexts({ plan, shown }: NightRun): string[] {
  return shown.verdict.probes.flatMap(({ probe, blind }) =>
    blind === null ? [] : [`${plan} ${probe}: ${oneLine(blind)}`],
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
