// SPDX-License-Identifier: GPL-2.0-only
import type { Frame, Splat } from '../../model/splat.ts';
import type { RaceStep } from '../../model/section.ts';
import { html, Markup } from './markup.ts';

/**
 * The race in the two columns that kernel people draw, from a splat: its call chain on the left, from the outermost
 * function that `frames` names. When the contender came is not known under stress; it stands before the access
 * that failed.
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
    { column: 'right', depth: 0, text: 'the contender' },
    { column: 'right', depth: 1, text: 'takes away what this one uses' },
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
