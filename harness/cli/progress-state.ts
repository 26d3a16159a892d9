// SPDX-License-Identifier: GPL-2.0-only
import type { ProgressEvent } from '../model/events.ts';
import { WORD } from '../report/wording.ts';
import type { StepOutcome } from '../model/outcome.ts';

/** Where a command is, as far as its events say. Times are milliseconds of one clock. */
export interface ProgressState {
  readonly startedAt: number;
  /** Steps that a run will make; null where nobody knows. */
  readonly planned: { readonly least: number; readonly most: number } | null;
  readonly done: Readonly<Partial<Record<StepOutcome, number>>>;
  /** What the steps that have ended measured together, by its unit. */
  readonly measured: Readonly<Record<string, number>>;
  /** Milliseconds that the steps that have ended took together. */
  readonly stepMs: number;
  /** The step of a run that is under way. */
  readonly step: { readonly name: string; readonly since: number; readonly text: string } | null;
  readonly build: Extract<ProgressEvent, { kind: 'build-progress' }> | null;
}

export function initialState(now: number): ProgressState {
  return {
    startedAt: now,
    planned: null,
    done: {},
    measured: {},
    stepMs: 0,
    step: null,
    build: null,
  };
}

/** The state after an event. */
export function advance(state: ProgressState, event: ProgressEvent, now: number): ProgressState {
  switch (event.kind) {
    case 'phase':
    case 'note':
      return state;
    case 'planned':
      return { ...state, planned: { least: event.least, most: event.most } };
    case 'build-progress':
      return { ...state, build: event };
    case 'build-done':
      return { ...state, build: null };
    case 'step-start':
      return { ...state, build: null, step: { name: event.step, since: now, text: '' } };
    case 'step-progress':
      return state.step?.name === event.step ? { ...state, step: { ...state.step, text: event.text } } : state;
    case 'step-end':
      return {
        ...state,
        step: null,
        done: { ...state.done, [event.brief.outcome]: (state.done[event.brief.outcome] ?? 0) + 1 },
        measured: plus(state.measured, event.brief.measured),
        stepMs: state.stepMs + (state.step === null ? 0 : now - state.step.since),
      };
  }
}

/**
 * What a terminal shows below the lasting lines: what is under way, then how far the whole is. Empty before anything.
 */
export function progressLines(state: ProgressState, now: number): string[] {
  return [...currentLine(state), ...overallLine(state, now)];
}

function plus(
  sums: ProgressState['measured'],
  measured: { readonly value: number; readonly unit: string } | null,
): ProgressState['measured'] {
  return measured === null ? sums : { ...sums, [measured.unit]: (sums[measured.unit] ?? 0) + measured.value };
}

function currentLine({ build, step }: ProgressState): string[] {
  if (build !== null) {
    const objects = build.expected === null ? `${build.done} objects` : `${build.done} of ${build.expected} objects`;
    return [
      `build ${build.variant}: ${objects}${build.etaSeconds === null ? '' : `, about ${clock(build.etaSeconds * 1000)} left`}`,
    ];
  }
  return step === null ? [] : [`${step.name}: ${step.text === '' ? 'begun' : step.text}`];
}

function overallLine(state: ProgressState, now: number): string[] {
  const { planned, done, measured } = state;
  const steps = stepsDone(state);
  if (steps === 0 && state.step === null) return [];
  const parts = [
    planned === null ? `${steps} steps done` : `${steps} of ${span(planned)} steps done`,
    ...Object.entries(done).map(([kind, count]) => `${count} ${WORD[kind as StepOutcome]}`),
    ...Object.entries(measured).map(([unit, value]) => `${value.toLocaleString('en-US')} ${unit}`),
    clock(now - state.startedAt),
    ...leftText(state, now),
  ];
  return [parts.join(' · ')];
}

function span({ least, most }: { readonly least: number; readonly most: number }): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

/** At the pace so far; a run may add steps where it needs more evidence, so it is a least. */
function leftText(state: ProgressState, now: number): string[] {
  const { planned, step, stepMs } = state;
  const steps = stepsDone(state);
  if (planned === null || steps === 0 || steps >= planned.least) return [];
  const pace = stepMs / steps;
  const underWay = step === null ? 0 : Math.min(pace, now - step.since);
  return [`at least ${clock(pace * (planned.least - steps) - underWay)} left`];
}

function stepsDone({ done }: ProgressState): number {
  return Object.values(done).reduce((sum, count) => sum + count, 0);
}

/** `0:07`, `12:34`, `1:02:03`. */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
