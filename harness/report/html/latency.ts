// SPDX-License-Identifier: GPL-2.0-only
import { durationsExceedance, exceedance, merged, type LatencyData, type SwapoffStrip } from '../latency.ts';
import { html, Markup } from './markup.ts';
import { page } from './page.ts';
import { figure, legend, lineLook } from './plot.ts';
import { swapoffStrips } from './swapoff-strips.ts';

export interface LatencyPage {
  /** Name of the run. */
  readonly run: string;
  readonly describe: string;
  /** The report for people, which has the verdicts. */
  readonly report: string;
  /** What was asked of each pair of variants, and what the run says. */
  readonly answers: readonly LatencyAnswer[];
  readonly data: readonly LatencyData[];
  /** Of one boot of each arm; and above what a wake-up is an exceedance. */
  readonly strips: readonly SwapoffStrip[];
  readonly exceedsMs: number;
  /** What ran beside the measurement, and the command that measured. */
  readonly load: string;
  readonly command: string;
}

/** Text for people. */
export interface LatencyAnswer {
  readonly question: string;
  readonly pair: string;
  readonly verdict: string;
  readonly figures: string;
}

/**
 * A latency run as one HTML file: its answers, the whole report, then curves a variant with the load and the command
 * below them.
 */
export function latencyHtml({
  run,
  describe,
  report,
  answers,
  data,
  strips,
  exceedsMs,
  load,
  command,
}: LatencyPage): string {
  return page(
    `latency: ${run}`,
    html`<h1>Latency: ${describe}</h1>
<p class="dim">Run ${run}</p>
${answers.length === 0 ? null : answerTable(answers)}<pre>${report}</pre>
<h2 id="curves">Curves</h2>
${data.length === 0 ? html`<p class="notice doubt">no boot is usable</p>\n` : curves(data)}${swapoffStrips(strips, exceedsMs)}
<p class="small dim">Load: ${load}.<br>Measured by: <code>${command}</code></p>
`,
  );
}

function answerTable(answers: readonly LatencyAnswer[]): Markup {
  return html`<div class="scroll"><table>
<tr><th>question</th><th>pair</th><th>answer</th><th>medians of boots, shift with its interval</th></tr>
${answers.map(({ question, pair, verdict, figures }) => html`<tr><td>${question}</td><td>${pair}</td><td><b>${verdict}</b></td><td>${figures}</td></tr>\n`)}</table></div>
`;
}

const MICROSECONDS = { type: 'log', name: 'wake-up latency, microseconds' } as const;

function curves(data: readonly LatencyData[]): Markup {
  return html`${legend(data.map(({ variant }) => variant))}${histogramPlot(data)}${exceedancePlot(data)}${swapoffPlot(data)}`;
}

/** Counts on a logarithmic scale, in the manner of OSADL's plots; within and outside of horizons together. */
function histogramPlot(data: readonly LatencyData[]): Markup {
  return figure({
    caption: 'Wake-ups a bin, both axes logarithmic: all of them, within and outside of horizons.',
    x: MICROSECONDS,
    y: { type: 'log', name: 'wake-ups', min: 0.8 },
    series: data.map(({ inside, outside }, index) => ({
      type: 'line' as const,
      step: 'start' as const,
      symbol: 'none',
      lineStyle: { ...lineLook(index), width: 1.5 },
      data: merged(inside, outside).map(({ upToUs, count }) => [upToUs, count]),
    })),
  });
}

function exceedancePlot(data: readonly LatencyData[]): Markup {
  return figure({
    caption:
      'Share of wake-ups above a latency, both axes logarithmic: thick within the horizon of a swapoff, thin outside.',
    x: MICROSECONDS,
    y: { type: 'log', name: 'share above', max: 1 },
    series: data.flatMap(({ inside, outside }, index) => [
      {
        type: 'line' as const,
        step: 'end' as const,
        symbol: 'none',
        lineStyle: { ...lineLook(index), width: 3 },
        data: exceedance(inside),
      },
      {
        type: 'line' as const,
        step: 'end' as const,
        symbol: 'none',
        lineStyle: { ...lineLook(index), width: 1, opacity: 0.8 },
        data: exceedance(outside),
      },
    ]),
  });
}

function swapoffPlot(data: readonly LatencyData[]): Markup {
  return figure({
    caption: 'Duration of swapoff, the mean of each boot: share of boots above it.',
    x: { type: 'value', name: 'mean duration of swapoff, milliseconds', min: 0 },
    y: { type: 'value', name: 'share of boots above', min: 0, max: 1 },
    series: data.map(({ swapoffMs }, index) => ({
      type: 'line' as const,
      step: 'end' as const,
      symbol: 'none',
      lineStyle: { ...lineLook(index), width: 2 },
      data: [[0, 1], ...durationsExceedance(swapoffMs), [Math.max(...swapoffMs), 0]],
    })),
  });
}
