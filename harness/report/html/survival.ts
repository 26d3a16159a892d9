// SPDX-License-Identifier: GPL-2.0-only
import type { SurvivalCurve } from '../../stats/survival.ts';
import { several } from '../wording.ts';
import { folded } from './page.ts';
import { html, Markup } from './markup.ts';
import { figure, legend, lineLook } from './plot.ts';

export interface NamedCurve {
  readonly variant: string;
  readonly curve: SurvivalCurve;
}

/** Kaplan-Meier curves with their intervals, and the same as a table. */
export function survivalPlot(caption: string, curves: readonly NamedCurve[]): Markup {
  const end = Math.max(...curves.map(({ curve }) => curve.end));
  const plot = figure({
    caption,
    x: { type: 'value', name: 'seconds since the workload began', min: 0, max: Math.max(1, Math.ceil(end)) },
    y: {
      type: 'value',
      name: 'still without a splat',
      min: 0,
      max: 1,
      axisLabel: { formatter: (value: number) => `${Math.round(value * 100)} %`, color: 'var(--dim)' },
    },
    series: curves.flatMap(({ curve }, index) => curveSeries(curve, index)),
  });
  return html`${legend(curves.map(({ variant }) => variant))}${plot}${folded('The same as a table', table(curves))}`;
}

function curveSeries(curve: SurvivalCurve, index: number) {
  const look = lineLook(index);
  const upTo = [...curve.steps, { ...(curve.steps.at(-1) as SurvivalCurve['steps'][number]), seconds: curve.end }];
  const band = {
    type: 'line',
    step: 'end',
    stack: `band-${index}`,
    symbol: 'none',
    lineStyle: { opacity: 0 },
    silent: true,
  } as const;
  const shares = (seconds: number) => curve.steps.findLast((step) => step.seconds <= seconds)?.share ?? 1;
  return [
    { ...band, data: upTo.map(({ seconds, low }) => [seconds, low]) },
    {
      ...band,
      data: upTo.map(({ seconds, low, high }) => [seconds, high - low]),
      areaStyle: { color: look.color, opacity: 0.13 },
    },
    {
      type: 'line' as const,
      step: 'end' as const,
      symbol: 'none',
      data: upTo.map(({ seconds, share }) => [seconds, share]),
      lineStyle: { ...look, width: 2.5 },
    },
    {
      type: 'scatter' as const,
      symbol: 'rect',
      symbolSize: [2, 11] as [number, number],
      itemStyle: { color: look.color },
      data: curve.censored.map((seconds) => [seconds, shares(seconds)]),
    },
  ];
}

function table(curves: readonly NamedCurve[]): Markup {
  const rows = curves.map(({ variant, curve }) => {
    const last = curve.steps.at(-1);
    return html`<tr><td>${variant}</td><td class="number">${curve.crashes} of ${curve.trials}</td><td class="number">${curve.median === null ? 'not reached' : `${curve.median.toFixed(1)} s`}</td><td class="number">${percent(last?.share)} (${percent(last?.low)}..${percent(last?.high)})</td><td class="number">${curve.end.toFixed(1)} s</td></tr>\n`;
  });
  return html`<div class="scroll"><table>
<tr><th>variant</th><th class="number">crashed</th><th class="number">half had crashed after</th><th class="number">without a splat at the end</th><th class="number">longest trial</th></tr>
${rows}</table></div>
<p class="dim small">${several(
    curves.reduce((sum, { curve }) => sum + curve.trials, 0),
    'trial',
  )} with counters. A time is that of the last counters that arrived before the splat.</p>
`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${(share * 100).toFixed(0)} %`;
}
