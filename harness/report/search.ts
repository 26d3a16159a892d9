// SPDX-License-Identifier: GPL-2.0-only
import { findingsOf, isLost, swapoffsOf, type Search, type SearchedGuestEnd } from '../model/search.ts';
import { several } from './wording.ts';

/** A search as text: what was done, what came of it, and what it comes down to. */
export function searchText(search: Search, scheduleFile: string | null): string {
  const findings = findingsOf(search.guests);
  return [
    sentence(search),
    ...findings.map(
      ({ guest, end, rounds }) => `  guest ${guest}, after ${several(rounds, 'preemption')}: ${endWords(end)}`,
    ),
    ...lostWords(search),
    ...(findings.length === 0 ? [] : [minimisedWords(search, scheduleFile)]),
  ].join('\n');
}

function sentence({ spec, guests, held }: Search): string {
  const { all, exposed } = swapoffsOf(guests);
  const rounds = guests.reduce((total, guest) => total + guest.rounds, 0);
  const found = findingsOf(guests).length;
  const result =
    found === 0 ? 'nothing found, which says nothing of where no thread was held' : `${several(found, 'finding')}`;
  return `${spec.variant}, seed ${spec.seed}: ${several(rounds, 'preemption')} (${held} held a thread) at ${several(spec.functions.length, 'function')} during ${several(all, 'swapoff')} (${exposed} exposed): ${result}`;
}

function endWords(end: SearchedGuestEnd): string {
  switch (end.kind) {
    case 'splat':
      return end.title;
    case 'stalled':
      return `no progress of ${end.threads.map(({ name, operation }) => `${name} in ${operation}`).join(', ')}`;
    case 'corruption':
      return `${several(end.pages, 'wrong page')}`;
    case 'completed':
      return 'nothing';
    default:
      return `lost: ${end.message}`;
  }
}

function lostWords({ guests }: Search): string[] {
  return guests.filter(({ end }) => isLost(end)).map(({ guest, end }) => `  guest ${guest} ${endWords(end)}`);
}

function minimisedWords({ minimised, spec }: Search, scheduleFile: string | null): string {
  if (minimised === null) return '  no placed schedule was found that gives it; the rounds and consoles are kept';
  return [
    `  placed, it comes in ${minimised.met} of ${minimised.attempts} attempts:`,
    ...minimised.schedule
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`),
    ...(scheduleFile === null ? [] : [`  again: swaprace interleave replay ${scheduleFile} ${spec.variant}`]),
  ].join('\n');
}
