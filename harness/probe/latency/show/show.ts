// SPDX-License-Identifier: GPL-2.0-only
import type { GuestSpec } from '../../../model/guest.ts';
import type { JudgeContext, ProbedVariant, ProbeVerdict } from '../../../model/probe.ts';
import { stepName } from '../../../model/probe.ts';
import type { Point, Section, SectionRow, ShownFinding } from '../../../model/section.ts';
import { backendText, several, WORD } from '../../../model/words.ts';
import { analyse, type ArmSummary, type LatencyAnalysis } from '../analysis/analyse.ts';
import { analysedBoots, analysedPlan, wholeBlocks } from '../analysis/boots.ts';
import { endOfRun } from '../design.ts';
import type { SeenBoot } from '../judge.ts';
import { thresholdText, type LatencySpec } from '../spec.ts';
import { answerLines } from './across.ts';
import { hostNotes } from './host-caveats.ts';
import { latencyPlots, type DrawnArm } from './pictures.ts';
import { causeTable, controlTable, pairTable, phaseTable } from './tables.ts';
import { ms } from './words.ts';

/** What was compared, what came of it, and what it does not mean. */
export function showLatency(
  probe: LatencySpec,
  seen: readonly SeenBoot[],
  verdict: ProbeVerdict,
  { alpha }: JudgeContext,
): Section {
  const analysis = analyse(analysedPlan(probe, alpha), analysedBoots(seen));
  const { words } = probe.race;
  const drawn = drawnArms(analysis, seen);
  return {
    id: probe.id,
    title: titleOf(probe),
    blind: verdict.blind,
    rows: verdict.variants.map((each) => rowOf(each, analysis, probe)),
    legend: ['(* decides; nothing differs where an interval holds 0, and what lies outside of it is ruled out)'],
    notes: notesOf(probe, seen, analysis, alpha),
    prose: proseOf(probe),
    findings: verdict.variants.flatMap((each) => findingsOf(each, seen)),
    plots: [
      ...analysis.pairs.map((pair) => pairTable(pair, words)),
      controlTable(analysis, words),
      ...phaseTable(analysis.phases ?? [], words),
      ...causeTable(analysis.causes ?? [], words),
      ...latencyPlots(
        drawn.filter(({ arm }) => probe.variants.includes(arm)),
        drawn,
        words,
      ),
    ],
    points: verdict.variants.map((each) => pointOf(each, seen, analysis)),
  };
}

export function titleOf({ id, race: { words }, guest, workload }: LatencySpec): string {
  const machine = guest === null ? 'the machine itself' : machineText(guest);
  return `${id}: real-time threads against ${words.contender}, ${workload.instrument}, ${workload.cycles} cycles per boot; ${machine}`;
}

function machineText({ vcpus, memoryMiB, backend }: Pick<GuestSpec, 'vcpus' | 'memoryMiB' | 'backend'>): string {
  return `${vcpus} vCPUs, ${memoryMiB} MiB, ${backendText(backend)}`;
}

function rowOf({ variant, outcome, reason }: ProbedVariant, analysis: LatencyAnalysis, probe: LatencySpec): SectionRow {
  const own = analysis.arms.filter(({ arm }) => arm.variant === variant);
  const usable = own.find(({ arm }) => arm.id === variant)?.usable ?? 0;
  const pair = analysis.pairs.find(({ arms: [, b] }) => b === variant);
  const cells = [several(usable, 'boot'), ...(pair === undefined || outcome === 'inconclusive' ? [] : [reason])];
  return {
    ...{ variant, outcome, cells, narrow: cells },
    remarks: [
      ...(outcome === 'measured' ? [] : [reason]),
      ...(pair === undefined ? [] : answerLines(pair, probe.race.words)),
      ...own.flatMap(lostBoots),
    ],
  };
}

function lostBoots({ arm, usable, unusable }: ArmSummary): string[] {
  if (unusable.length === 0) return [];
  const refused = usable === 0 ? ': it is not compared' : '';
  return [
    `${arm.id}: ${several(unusable.length, 'boot')} not used${refused}`,
    ...unusable.map(({ boot, cause, reason }) => `${boot}: ${cause}, ${reason.split('\n')[0]}`),
  ];
}

/** How it was measured, and what a reader has to know of the host. */
function notesOf(probe: LatencySpec, seen: readonly SeenBoot[], analysis: LatencyAnalysis, alpha: number): string[] {
  const { workload, race, guest } = probe;
  const first = seen[0]?.finding;
  const whole = wholeBlocks(seen);
  const on = {
    vcpus: guest?.vcpus ?? null,
    accelerator: first?.accelerator ?? null,
    facts: Object.assign({}, ...seen.map(({ finding: { facts } }) => facts).reverse()) as Record<string, string>,
  };
  const snapshots = whole.map(({ finding: { host } }) => host);
  return [
    ...hostNotes(on, snapshots).map((note) => `NOTE ${note}`),
    `one ${race.words.contender} each ${ms(workload.periodUs)}; horizon ${ms(workload.horizonUs)} from its entry; a wake-up each ${ms(workload.intervalUs)} on each CPU`,
    `an exceedance is a wake-up later than ${ms(analysis.thresholdNs / 1000)} (${thresholdReason(probe, analysis)})`,
    `ended: ${endOfRun(probe, seen, alpha) ?? 'before its blocks were made'}`,
    ...(whole.length === seen.length
      ? []
      : [`${several(seen.length - whole.length, 'boot')} of a block that is not whole, not counted`]),
  ];
}

function thresholdReason({ threshold, race }: LatencySpec, { thresholdFrom }: LatencyAnalysis): string {
  const control = `the control without ${race.words.contender}`;
  if (thresholdFrom === 'stopgap') return `a stopgap: ${control} has no usable boot`;
  return `the plan says ${thresholdText(threshold)}${threshold.kind === 'quiet-percentile' ? ` of ${control}` : ''}`;
}

function proseOf({ race: { words } }: LatencySpec): string[] {
  return [
    `Real-time threads (SCHED_FIFO 99) woke on every CPU while ${words.contender} was called again and again; how late they were is compared between kernels, boot by boot.`,
    'The same kernel under two names shows what "no difference" is here, a machine that is stopped on purpose that a stop would be seen.',
  ];
}

function drawnArms({ arms }: LatencyAnalysis, seen: readonly SeenBoot[]): DrawnArm[] {
  const whole = wholeBlocks(seen);
  return arms.map(({ arm }) => {
    const usable = whole.flatMap(({ step, finding: { result, cycles } }) =>
      step.args.arm === arm.id && !('kind' in result) ? [{ figures: result, cycles }] : [],
    );
    return { arm: arm.id, boots: usable.map(({ figures }) => figures), cycles: usable[0]?.cycles ?? [] };
  });
}

function findingsOf({ variant, signatures, unit }: ProbedVariant, seen: readonly SeenBoot[]): ShownFinding[] {
  return signatures.map(({ title, count, target }) => {
    const example = seen.find(
      ({ step, finding }) => step.variant === variant && finding.splats.some((splat) => splat.title === title),
    );
    return {
      ...{ title, target, variant, count, unit, lines: [] },
      step: example === undefined ? '' : stepName(example.step),
      splat: example?.finding.splats.find((splat) => splat.title === title) ?? null,
    };
  });
}

function pointOf(
  { variant, outcome, reason, expectation }: ProbedVariant,
  seen: readonly SeenBoot[],
  { arms }: LatencyAnalysis,
): Point {
  const own = seen.filter(({ step }) => step.variant === variant);
  const boots = arms.filter(({ arm }) => arm.variant === variant).map(({ arm, usable }) => `${arm.id} ${usable}`);
  return {
    id: variant,
    ...statusOf(expectation),
    details: [`${WORD[outcome]}: ${reason}`, `usable boots: ${boots.join(', ')}`],
    splat: own.flatMap(({ finding }) => finding.splats)[0]?.text ?? null,
    steps: own.map(({ step }) => stepName(step)),
  };
}

function statusOf(expectation: ProbedVariant['expectation']): Pick<Point, 'status' | 'message'> {
  switch (expectation.kind) {
    case 'met':
      return { status: 'pass', message: '' };
    case 'known': {
      const seen = expectation.seen.map((outcome) => WORD[outcome]).join(', ');
      return seen === '' ? { status: 'pass', message: '' } : { status: 'known', message: `known finding: ${seen}` };
    }
    case 'missed':
      return { status: 'fail', message: expectation.message };
    case 'inconclusive':
      return { status: 'error', message: expectation.message };
  }
}
