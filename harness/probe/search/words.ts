// SPDX-License-Identifier: GPL-2.0-only
import type { SearchFound } from '../../model/search.ts';
import { backendText, several } from '../../model/words.ts';
import { findingsOf, isLost, thatDid, type Searched } from './finding.ts';
import type { SearchSpec } from './spec.ts';

/** What was found, as a splat is titled. */
export function titleOf(found: SearchFound): string {
  switch (found.kind) {
    case 'splat':
      return found.title;
    case 'stalled':
      return `no progress of ${found.threads.map(({ name, operation }) => `${name} in ${operation}`).join(', ')}`;
    case 'corruption':
      return several(found.pages, 'wrong page');
  }
}

/** Where threads are held while what races, and against which control. */
export function titleOfSearch(probe: SearchSpec): string {
  const { id, race, workload, threads, pages, backend, functions, rounds, seed, control } = probe;
  const where = functions === null ? 'functions of the target' : several(functions.length, 'function');
  const against = control === null ? '' : `; control ${control}`;
  const { operation, contender } = race.words;
  const raced = `${workload} ${operation} against ${contender}, ${threads} threads, ${pages} pages`;
  const held = `held at random at ${where}, ${several(rounds, 'round')}, seed ${seed}`;
  return `${id}: ${raced}, ${held}; swap on ${backendText(backend)}${against}`;
}

/** `5 rounds (3 held a thread) at 1 function, 26 runs of write() (14 exposed): 1 finding`. */
export function searchedText({ race }: SearchSpec, own: readonly Searched[]): string {
  const guests = thatDid(own, 'rounds');
  const sum = (of: (finding: (typeof guests)[number]['finding']) => number): number =>
    guests.reduce((total, { finding }) => total + of(finding), 0);
  const functions = new Set(guests.flatMap(({ step: { args } }) => ('functions' in args ? args.functions : [])));
  const findings = findingsOf(own).length;
  const result = findings === 0 ? 'nothing found' : several(findings, 'finding');
  const runs = sum(({ contenders }) => contenders.all);
  const all = `${runs.toLocaleString('en-US')} ${runs === 1 ? 'run' : 'runs'} of ${race.words.contender}`;
  const rounds = several(
    sum((finding) => finding.rounds),
    'round',
  );
  const held = sum((finding) => finding.held);
  const exposed = sum(({ contenders }) => contenders.exposed);
  const where = several(functions.size, 'function');
  return `${rounds} (${held} held a thread) at ${where}, ${all} (${exposed} exposed): ${result}`;
}

/** What each guest showed, and those that were lost. */
export function guestLines(own: readonly Searched[]): string[] {
  return [
    ...findingsOf(own).map(
      ({ step, finding }) =>
        `guest ${step.index}, after ${several(finding.rounds, 'round')}: ${titleOf(finding.found)}`,
    ),
    ...own.filter(isLost).map(({ step, end }) => `guest ${step.index} lost: ${firstLineOf(end.message)}`),
  ];
}

function firstLineOf(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** What a finding was minimised to; nothing where there is none. */
export function scheduleLines(own: readonly Searched[]): string[] {
  const [minimised] = thatDid(own, 'minimise');
  if (minimised === undefined) return [];
  const { schedule, places } = minimised.finding;
  if (schedule === null)
    return [`no placed schedule was found that gives it, at ${several(places, 'place')}; rounds and consoles are kept`];
  const [replayed] = thatDid(own, 'replay');
  if (replayed === undefined) return ['a placed schedule gave it once'];
  const { met, attempts } = replayed.finding;
  return [`placed, it comes in ${met} of ${attempts} attempts`];
}
