// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';
import type {
  EChartsOption,
  LineSeriesOption,
  ScatterSeriesOption,
  XAXisComponentOption,
  YAXisComponentOption,
} from 'echarts';
import * as echarts from 'echarts/dist/echarts.esm.min.mjs';
import { html, Markup, trusted } from './markup.ts';

/** Eight colours that light and dark pages define; from the ninth variant on they come again with another dash. */
const COLOURS = 8;
const DASHES = ['solid', 'dashed', 'dotted'] as const;
const DASH_ARRAYS: Readonly<Record<(typeof DASHES)[number], string>> = { solid: 'none', dashed: '6 4', dotted: '2 3' };

/** How the index-th line of a plot looks. The colour is a variable of the page: ECharts hands it through. */
export function lineLook(index: number): { readonly color: string; readonly type: (typeof DASHES)[number] } {
  return { color: `var(--s${index % COLOURS})`, type: DASHES[Math.floor(index / COLOURS) % DASHES.length] ?? 'solid' };
}

export interface Plot {
  readonly caption: string;
  readonly x: XAXisComponentOption;
  readonly y: YAXisComponentOption;
  readonly series: readonly (LineSeriesOption | ScatterSeriesOption)[];
  /** Pixels; the default holds a dozen ticks. */
  readonly height?: number;
  /** Space for the labels left of the plot, in pixels. */
  readonly left?: number;
}

/**
 * A plot as two SVGs, for wide and for narrow pages, of which the page shows one. The same input gives the same bytes.
 */
export function figure(plot: Plot): Markup {
  return html`<figure>
<div class="wide">${svg(plot, 1000)}</div>
<div class="narrow">${svg(plot, 380)}</div>
<figcaption>${plot.caption}</figcaption>
</figure>
`;
}

const AXIS = {
  nameLocation: 'middle',
  axisLine: { show: true, lineStyle: { color: 'var(--dim)' } },
  axisTick: { lineStyle: { color: 'var(--dim)' } },
  axisLabel: { color: 'var(--dim)', fontSize: 12, hideOverlap: true },
  nameTextStyle: { color: 'var(--dim)', fontSize: 12 },
  splitLine: { lineStyle: { color: 'var(--line)' } },
} as const;

function svg({ x, y, series, caption, height = 320, left = 56 }: Plot, width: number): Markup {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  const narrow = width < 600;
  const option: EChartsOption = {
    animation: false,
    textStyle: { fontFamily: 'inherit' },
    grid: { left, right: 18, top: 16, bottom: 48 },
    xAxis: { ...AXIS, nameGap: 28, splitNumber: narrow ? 3 : 6, ...logarithmic(x.type), ...x } as XAXisComponentOption,
    yAxis: { ...AXIS, nameGap: left - 16, ...logarithmic(y.type), ...y } as YAXisComponentOption,
    series: [...series],
  };
  chart.setOption(option);
  const text = chart.renderToSVGString();
  chart.dispose();
  return trusted(neutral(text, caption));
}

function logarithmic(type: string | undefined) {
  return type === 'log' ? { axisLabel: { ...AXIS.axisLabel, formatter: powerOfTen } } : {};
}

/**
 * Without what ECharts adds for a mouse, and with ids that only depend on the plot itself: a page shows one of two
 * SVGs, and if they shared an id the hidden one's clip path would be taken.
 */
function neutral(text: string, caption: string): string {
  const label = html`${caption}`.text;
  const still = text
    .replace(/<style\s*>[^]*?<\/style>\s*/, '')
    .replaceAll(/ class="zr[^"]*"/g, '')
    .replaceAll(/ pointer-events="[^"]*"/g, '')
    .replaceAll(/zr\d+-c(\d+)/g, 'clip-$1')
    .replace(
      /^<svg width="(\d+)" height="(\d+)"[^>]*>/,
      (_, width, height) => `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">`,
    );
  const name = createHash('sha256').update(still).digest('hex').slice(0, 8);
  return still.replaceAll(/\bclip-(\d+)/g, `p${name}-$1`);
}

/** `0.1`, `1,000`, `1e-5`: what a logarithmic axis says at its powers of ten. */
export function powerOfTen(value: number): string {
  if (value >= 0.01) return Number(value.toPrecision(6)).toLocaleString('en-US');
  return value.toExponential(0);
}

/** Which colour and dash stands for which name. */
export function legend(names: readonly string[]): Markup {
  const items = names.map((name, index) => {
    const { color, type } = lineLook(index);
    const line = `<svg viewBox="0 0 26 10" aria-hidden="true"><line x1="0" y1="5" x2="26" y2="5" stroke="${color}" stroke-width="3" stroke-dasharray="${DASH_ARRAYS[type]}"/></svg>`;
    return html`<li>${trusted(line)}${name}</li>`;
  });
  return html`<ul class="legend">${items}</ul>\n`;
}
