// SPDX-License-Identifier: GPL-2.0-only
import type { Markup } from './markup.ts';
import { figure, lineLook } from './plot.ts';

/** Rates with their intervals, a bar each; one of 0 has no dot. */
export function intervalPlot(
  caption: string,
  axis: string,
  rates: readonly { readonly name: string; readonly value: number; readonly low: number; readonly high: number }[],
): Markup {
  const lowest = Math.min(...rates.flatMap(({ low, high }) => [low, high].filter((value) => value > 0)));
  const floor = 10 ** Math.floor(Math.log10(lowest) - 0.3);
  const names = rates.map(({ name }) => name);
  const longest = Math.max(...names.map((name) => name.length));
  return figure({
    caption,
    height: 70 + 30 * rates.length,
    left: Math.min(150, 24 + 8 * longest),
    x: { type: 'log', name: axis, min: floor, max: 1 },
    y: {
      type: 'category',
      data: names,
      inverse: true,
      axisTick: { show: false },
      axisLabel: { color: 'var(--ink)', width: 120, overflow: 'truncate' },
    },
    series: [
      ...rates.map(({ name, value, low, high }, index) => ({
        type: 'line' as const,
        symbol: 'none',
        lineStyle: { color: lineLook(index).color, width: 7, opacity: value === 0 ? 0.35 : 0.6, cap: 'butt' as const },
        data: [
          [Math.max(floor, low), name],
          [high, name],
        ],
      })),
      {
        type: 'scatter' as const,
        symbolSize: 12,
        data: rates.flatMap(({ name, value }, index) =>
          value === 0 ? [] : [{ value: [value, name], itemStyle: { color: lineLook(index).color } }],
        ),
      },
    ],
  });
}
