import { durationsExceedance, exceedance, type LatencyData, type LatencyHistogram } from '../latency.ts';
import { html, Markup } from './markup.ts';
import { figure, legend, lineLook } from './plot.ts';

const MICROSECONDS = { type: 'value', name: 'wake-up latency, microseconds', min: 0 } as const;
const LOG_MICROSECONDS = { type: 'log', name: 'wake-up latency, microseconds' } as const;

/** Latency of real-time threads and the price in swapoff itself, a curve a variant. Null when nothing was measured. */
export function latencySection(data: readonly LatencyData[]): Markup | null {
  if (data.length === 0) return null;
  return html`<h2 id="latency">Latency</h2>
${legend(data.map(({ variant }) => variant))}${histogramPlot(data)}${exceedancePlot(data)}${swapoffPlot(data)}
<ul class="small dim">${[...new Set(data.map(({ load, command }) => `Load: ${load}. Measured by: ${command}`))].map((line) => html`<li><code>${line}</code></li>`)}</ul>
`;
}

/** Counts on a logarithmic scale, in the manner of OSADL's plots; inside and outside of swapoff windows together. */
function histogramPlot(data: readonly LatencyData[]): Markup {
  return figure({
    caption: 'Samples a bin, logarithmic; all samples, inside and outside of swapoff windows.',
    x: MICROSECONDS,
    y: { type: 'log', name: 'samples', min: 0.8 },
    series: data.map(({ inside, outside }, index) => ({
      type: 'line' as const, step: 'end' as const, symbol: 'none', lineStyle: { ...lineLook(index), width: 1.5 },
      data: added(inside, outside).flatMap((count, bin) => (count === 0 ? [] : [[bin * inside.binUs, count]])),
    })),
  });
}

function added(a: LatencyHistogram, b: LatencyHistogram): number[] {
  const length = Math.max(a.counts.length, b.counts.length);
  return Array.from({ length }, (_, bin) => (a.counts[bin] ?? 0) + (b.counts[bin] ?? 0));
}

function exceedancePlot(data: readonly LatencyData[]): Markup {
  return figure({
    caption: 'Share of samples above a latency, both axes logarithmic: thick inside swapoff windows, thin outside of them.',
    x: LOG_MICROSECONDS,
    y: { type: 'log', name: 'share above', max: 1 },
    series: data.flatMap(({ inside, outside }, index) => [
      { type: 'line' as const, step: 'end' as const, symbol: 'none', lineStyle: { ...lineLook(index), width: 3 }, data: exceedance(inside) },
      { type: 'line' as const, step: 'end' as const, symbol: 'none', lineStyle: { ...lineLook(index), width: 1, opacity: 0.8 }, data: exceedance(outside) },
    ]),
  });
}

function swapoffPlot(data: readonly LatencyData[]): Markup {
  return figure({
    caption: 'Share of swapoff calls that took longer.',
    x: { type: 'log', name: 'duration of swapoff, milliseconds' },
    y: { type: 'value', name: 'share that took longer', min: 0, max: 1 },
    series: data.map(({ swapoffMs }, index) => ({
      type: 'line' as const, step: 'end' as const, symbol: 'none', lineStyle: { ...lineLook(index), width: 2 }, data: durationsExceedance(swapoffMs),
    })),
  });
}
