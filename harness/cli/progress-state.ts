// SPDX-License-Identifier: GPL-2.0-only
import type { ProgressEvent } from '../model/events.ts';
import { outcomeKey } from '../model/race-map.ts';
import { WORD } from '../report/wording.ts';
import type { VariantOutcome } from '../model/verdict.ts';

/** Where a command is, as far as its events told. Times are milliseconds of one clock. */
export interface ProgressState {
  readonly startedAt: number;
  /** Trials that a run will make; null where nobody knows. */
  readonly planned: { readonly least: number; readonly most: number } | null;
  readonly done: Readonly<Partial<Record<VariantOutcome, number>>>;
  /** Exposed swapoffs of the trials that have ended. */
  readonly exposed: number;
  /** Milliseconds that the trials that have ended took together. */
  readonly trialMs: number;
  readonly trial: {
    readonly id: string;
    readonly since: number;
    readonly exposed: number;
    readonly raceMs: number;
  } | null;
  /** The step of a run that is under way. */
  readonly step: { readonly name: string; readonly since: number; readonly text: string } | null;
  /** Points of the exploration that is under way, and the last of them. */
  readonly exploration: { readonly id: string; readonly points: number; readonly last: string } | null;
  readonly build: Extract<ProgressEvent, { kind: 'build-progress' }> | null;
}

export function initialState(now: number): ProgressState {
  return {
    startedAt: now,
    planned: null,
    done: {},
    exposed: 0,
    trialMs: 0,
    trial: null,
    step: null,
    exploration: null,
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
    case 'point': {
      const points = state.exploration?.id === event.exploration ? state.exploration.points + 1 : 1;
      return {
        ...state,
        exploration: { id: event.exploration, points, last: `${event.point}: ${outcomeKey(event.outcome)}` },
      };
    }
    case 'step-start':
      return { ...state, build: null, exploration: null, step: { name: event.step, since: now, text: '' } };
    case 'step-progress':
      return state.step?.name === event.step ? { ...state, step: { ...state.step, text: event.text } } : state;
    case 'step-end':
      return {
        ...state,
        step: null,
        done: { ...state.done, [event.brief.outcome]: (state.done[event.brief.outcome] ?? 0) + 1 },
        trialMs: state.trialMs + (state.step === null ? 0 : now - state.step.since),
      };
    case 'trial-start':
      return {
        ...state,
        build: null,
        exploration: null,
        trial: { id: event.trial, since: now, exposed: 0, raceMs: 0 },
      };
    case 'trial-exposure':
      if (state.trial?.id !== event.trial) return state;
      return { ...state, trial: { ...state.trial, exposed: event.exposedSwapoffs, raceMs: event.elapsedMs } };
    case 'trial-end':
      return {
        ...state,
        trial: null,
        done: { ...state.done, [event.verdict.kind]: (state.done[event.verdict.kind] ?? 0) + 1 },
        exposed: state.exposed + (state.trial?.exposed ?? 0),
        trialMs: state.trialMs + (state.trial === null ? 0 : now - state.trial.since),
      };
  }
}

/**
 * What a terminal shows below the lasting lines: what is under way, then how far the whole is. Empty before anything.
 */
export function progressLines(state: ProgressState, now: number): string[] {
  return [...currentLine(state), ...overallLine(state, now)];
}

function currentLine({ build, trial, step, exploration }: ProgressState): string[] {
  if (build !== null) {
    const objects = build.expected === null ? `${build.done} objects` : `${build.done} of ${build.expected} objects`;
    return [
      `build ${build.variant}: ${objects}${build.etaSeconds === null ? '' : `, about ${clock(build.etaSeconds * 1000)} left`}`,
    ];
  }
  if (step !== null) return [`${step.name}: ${step.text === '' ? 'begun' : step.text}`];
  if (exploration !== null) return [`${exploration.id}: ${exploration.points} points, ${exploration.last}`];
  if (trial === null) return [];
  const race =
    trial.raceMs === 0
      ? 'booting'
      : `${trial.exposed.toLocaleString('en-US')} exposed swapoffs in ${(trial.raceMs / 1000).toFixed(1)} s`;
  return [`trial ${trial.id}: ${race}`];
}

function overallLine(state: ProgressState, now: number): string[] {
  const { planned, done, trial, exposed } = state;
  const trials = trialsDone(state);
  if (state.step !== null || (trials > 0 && trial === null && exposed === 0)) return [stepsLine(state, now)];
  if (trials === 0 && trial === null) return [];
  const counts = Object.entries(done).map(([kind, count]) => `${count} ${WORD[kind as VariantOutcome]}`);
  return [
    [
      planned === null ? `${trials} trials done` : `${trials} of ${span(planned)} trials done`,
      ...counts,
      `${(exposed + (trial?.exposed ?? 0)).toLocaleString('en-US')} exposed`,
      clock(now - state.startedAt),
      ...leftText(state, now),
    ].join(' · '),
  ];
}

function stepsLine(state: ProgressState, now: number): string {
  const { planned, done } = state;
  const steps = trialsDone(state);
  const counts = Object.entries(done).map(([kind, count]) => `${count} ${WORD[kind as VariantOutcome]}`);
  return [
    planned === null ? `${steps} steps done` : `${steps} of ${span(planned)} steps done`,
    ...counts,
    clock(now - state.startedAt),
    ...leftText(state, now),
  ].join(' · ');
}

function span({ least, most }: { readonly least: number; readonly most: number }): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

/** At the pace so far; a run may add trials where it needs more evidence, so it is a least. */
function leftText(state: ProgressState, now: number): string[] {
  const { planned, trial, trialMs } = state;
  const trials = trialsDone(state);
  if (planned === null || trials === 0 || trials >= planned.least) return [];
  const pace = trialMs / trials;
  const since = (trial ?? state.step)?.since;
  const underWay = since === undefined ? 0 : Math.min(pace, now - since);
  return [`at least ${clock(pace * (planned.least - trials) - underWay)} left`];
}

function trialsDone({ done }: ProgressState): number {
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
