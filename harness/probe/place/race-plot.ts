// SPDX-License-Identifier: GPL-2.0-only
import { pointName } from '../../model/race-map.ts';
import type { Plot, RaceStep } from '../../model/section.ts';
import type { RaceMap, RaceWindow } from './map.ts';
import type { ProbedRace } from '../keys.ts';
import { mapName } from './words.ts';

/** A window of a map in the two columns that kernel people draw: what was held where, and what went on meanwhile. */
export function raceOfWindow(map: RaceMap, window: RaceWindow, words: ProbedRace['words']): Plot {
  const { anchor, hold, meanwhile } = map;
  const [worst] = window.outcomes;
  const chain =
    window.firstSource.length === 0 ? [window.first.func] : [...window.firstSource].reverse().map(({ func }) => func);
  const held = hold === 'stall' ? 'its vCPU frozen' : 'a real-time thread has its CPU';
  const left = (depth: number, text: string, crash = false): RaceStep => ({ column: 'left', depth, text, crash });
  const steps: RaceStep[] = [
    left(0, anchor),
    ...chain.filter((func) => func !== anchor).map((text, index) => left(index + 1, text)),
    left(chain.length, `held (${held}) at ${pointName(window.first)}`),
    ...meanwhileSteps(meanwhile, worst?.kind === 'waited' ? worst.where : null),
    left(chain.length, 'goes on'),
    ...(worst === undefined ? [] : [endStep(worst, chain.length, words)]),
  ];
  return {
    kind: 'race',
    title: mapName(map),
    left: `CPU 1: ${words.operation}`,
    right: `CPU 0: ${meanwhile.replaceAll('+', ', ')}`,
    steps,
  };
}

function meanwhileSteps(meanwhile: string, waitedIn: string | null): RaceStep[] {
  const right = (depth: number, text: string): RaceStep => ({ column: 'right', depth, text, crash: false });
  const [first = meanwhile, ...others] = meanwhile.split('+');
  if (waitedIn !== null) return [right(0, first), right(1, `waits in ${waitedIn}`)];
  return [right(0, first), right(0, 'returns'), ...others.map((name) => right(0, name))];
}

function endStep(outcome: RaceWindow['outcomes'][number], depth: number, words: ProbedRace['words']): RaceStep {
  const left = (text: string, crash: boolean): RaceStep => ({ column: 'left', depth, text, crash });
  switch (outcome.kind) {
    case 'oops':
      return left(`!!! ${outcome.signature}`, true);
    case 'corruption':
      return left(`!!! ${outcome.what}`, true);
    case 'hang':
      return left(`!!! never leaves ${outcome.where}`, true);
    case 'waited':
      return { column: 'right', depth: 1, text: `returns after the ${words.operation}`, crash: false };
    case 'refused':
      return left('notices and backs off', false);
    case 'ok':
      return left('all is well', false);
    case 'inconclusive':
      return left(`inconclusive: ${outcome.reason}`, false);
  }
}
