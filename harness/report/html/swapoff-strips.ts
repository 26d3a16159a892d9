// SPDX-License-Identifier: GPL-2.0-only
import type { SwapoffStrip } from '../latency.ts';
import { several } from '../wording.ts';
import { html, Markup } from './markup.ts';

const WIDTH = 1000;
const HEIGHT = 60;
/** At the foot of the spikes. */
const LEAST_MS = 0.01;

/**
 * One boot of each arm from left to right: a bar where swapoff ran, and in it a spike as high as the latest wake-up of
 * its horizon. Time and height are the same for all arms, so that they can be compared. Nothing where there is no boot.
 */
export function swapoffStrips(strips: readonly SwapoffStrip[], exceedsMs: number): Markup | null {
  const all = strips.flatMap(({ swapoffs }) => swapoffs);
  if (all.length === 0) return null;
  const lastMs = Math.max(...all.map(({ toMs }) => toMs));
  const worstMs = Math.max(LEAST_MS * 10, ...all.map((each) => each.worstMs));
  return html`<figure>
<div class="strips">
${strips.map((strip) => arm(strip, lastMs, worstMs))}</div>
<figcaption>Swapoffs of the first boot of each arm, ${seconds(lastMs)} s: a bar as long as swapoff ran, a spike as high as the latest wake-up of its horizon, from ${LEAST_MS} to ${digits(worstMs)} ms on a logarithmic scale; strong where it is an exceedance, later than ${digits(exceedsMs)} ms.</figcaption>
</figure>
`;
}

function arm({ arm: name, swapoffs }: SwapoffStrip, lastMs: number, worstMs: number): Markup {
  const x = (ms: number): number => round((ms / Math.max(lastMs, 1)) * (WIDTH - 2));
  const height = (ms: number): number =>
    round(HEIGHT * Math.min(1, Math.max(0, Math.log(ms / LEAST_MS) / Math.log(worstMs / LEAST_MS))));
  const bars = swapoffs.map(
    ({ fromMs, toMs }) =>
      html`<rect fill="var(--line)" x="${x(fromMs)}" y="0" width="${Math.max(1, x(toMs) - x(fromMs))}" height="${HEIGHT}"/>`,
  );
  const spikes = swapoffs.map(
    (each) =>
      html`<rect fill="var(--${each.exceedances > 0 ? 'bad' : 'dim'})" x="${x(each.fromMs)}" y="${round(HEIGHT - height(each.worstMs))}" width="1.5" height="${height(each.worstMs)}"/>`,
  );
  const late = swapoffs.filter(({ exceedances }) => exceedances > 0).length;
  const said = `${several(swapoffs.length, 'swapoff')}, ${late} with an exceedance`;
  return html`<div><b>${name}</b></div><svg class="strip tall" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${name}: ${said}">${bars}${spikes}</svg>
<div class="note dim small">${said}</div>
`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function digits(ms: number): string {
  return String(Number(ms.toPrecision(3)));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
