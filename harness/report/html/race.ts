// SPDX-License-Identifier: GPL-2.0-only
import type { RaceMap, RaceWindow, SourceFrame } from '../../model/interleave.ts';
import { pointName } from '../../model/race-map.ts';
import type { Frame, Splat } from '../../model/splat.ts';
import type { RaceStep } from '../../model/section.ts';
import { html, Markup } from './markup.ts';

/**
 * The race in the two columns that kernel people draw, from a splat: its call chain on the left, from the outermost
 * function that `frames` names. When swapoff came is not known under stress; it stands before the access that failed.
 */
export function raceOfSplat(splat: Splat, frames: readonly string[]): Markup {
  const chain = splat.frames.filter((frame) => frame.reliable || frame.isIp).reverse();
  const from = Math.max(
    0,
    chain.findIndex(({ func }) => frames.includes(func)),
  );
  const calls = chain.slice(from).flatMap(expand);
  const last = calls.length - 1;
  const steps: RaceStep[] = [
    ...calls.slice(0, last).map((text, depth): RaceStep => ({ column: 'left', depth, text })),
    { column: 'right', depth: 0, text: 'swapoff()' },
    { column: 'right', depth: 1, text: 'frees what the entry points into' },
    ...(last < 0 ? [] : [{ column: 'left', depth: last, text: calls[last] ?? '' } as const]),
    {
      column: 'left',
      depth: Math.max(0, last),
      text: `!!! ${splat.type}${splat.address === null ? '' : ` at ${shortAddress(splat.address)}`}`,
      crash: true,
    },
  ];
  return drawing(
    splat.cpu === null ? 'CPU of the fault' : `CPU ${splat.cpu}: ${splat.comm ?? 'the fault'}`,
    'another CPU',
    steps,
  );
}

/** Innermost last: a function, then what was inlined into it there. */
function expand({ symbol, inlined }: Frame): string[] {
  return [symbol, ...[...inlined].reverse().map(({ func }) => func)];
}

function shortAddress(address: string): string {
  return `0x${address.replace(/^0+(?=.)/, '')}`;
}

/** The same from a window of a race map: the fault was held there, and swapoff did what it could meanwhile. */
export function raceOfWindow({ anchor, hold, meanwhile }: RaceMap, window: RaceWindow): Markup {
  const [gravest] = window.outcomes;
  const place = sourceChain(window.firstSource, window.first.func);
  const steps: RaceStep[] = [
    { column: 'left', depth: 0, text: anchor },
    ...place
      .filter((func) => func !== anchor)
      .map((text, index): RaceStep => ({ column: 'left', depth: index + 1, text })),
    {
      column: 'left',
      depth: place.length,
      text: `held ${hold === 'stall' ? '(its vCPU frozen)' : '(a real-time thread has its CPU)'} at ${pointName(window.first)}`,
    },
    ...meanwhileSteps(meanwhile, gravest?.kind === 'waited' ? gravest.where : null),
    { column: 'left', depth: place.length, text: 'goes on' },
    gravest === undefined ? { column: 'left', depth: place.length, text: '' } : endStep(gravest, place.length),
  ];
  return drawing('CPU 1: the fault', 'CPU 0', steps);
}

function sourceChain(source: readonly SourceFrame[], func: string): string[] {
  return source.length === 0 ? [func] : [...source].reverse().map((frame) => frame.func);
}

function meanwhileSteps(meanwhile: RaceMap['meanwhile'], waitedIn: string | null): RaceStep[] {
  const called: RaceStep = { column: 'right', depth: 0, text: 'swapoff()' };
  if (waitedIn !== null) return [called, { column: 'right', depth: 1, text: `waits in ${waitedIn}` }];
  const returned: RaceStep = { column: 'right', depth: 0, text: 'returns' };
  return meanwhile === 'swapoff'
    ? [called, returned]
    : [called, returned, { column: 'right', depth: 0, text: 'swapon()' }];
}

function endStep(outcome: NonNullable<RaceWindow['outcomes'][number]>, depth: number): RaceStep {
  switch (outcome.kind) {
    case 'oops':
      return { column: 'left', depth, text: `!!! ${outcome.signature}`, crash: true };
    case 'corruption':
      return { column: 'left', depth, text: `!!! ${outcome.what}`, crash: true };
    case 'hang':
      return { column: 'left', depth, text: `!!! never leaves ${outcome.where}`, crash: true };
    case 'waited':
      return { column: 'right', depth: 1, text: 'returns after the fault' };
    case 'refused':
      return { column: 'left', depth, text: 'notices and backs off' };
    case 'ok':
      return { column: 'left', depth, text: 'all is well' };
    case 'inconclusive':
      return { column: 'left', depth, text: `could not be told: ${outcome.reason}` };
  }
}

/** Two columns; time goes down. */
export function drawing(left: string, right: string, steps: readonly RaceStep[]): Markup {
  const rows = steps.flatMap((step) => {
    const cell = html`<code class="${step.crash === true ? 'crash' : 'call'}" style="--depth: ${Math.min(step.depth, 12)}">${step.text}</code>`;
    return step.column === 'left' ? [cell, html`<span></span>\n`] : [html`<span></span>`, html`${cell}\n`];
  });
  return html`<div class="race">
<div class="head">${left}</div><div class="head">${right}</div>
${rows}</div>
`;
}
