// SPDX-License-Identifier: GPL-2.0-only
import type { RunResult, VariantVerdict } from '../../model/verdict.ts';
import { rateText } from '../wording.ts';
import { html, Markup } from './markup.ts';
import { folded } from './page.ts';
import { figure, lineLook } from './plot.ts';

/** How often each variant was really raced, and what its rate of crashes can be. Null when nothing was raced. */
export function exposureSection({ verdict, trials }: RunResult): Markup | null {
  const probes = [...new Set(verdict.variants.map(({ probe }) => probe))];
  const parts = probes.flatMap((probe) => {
    const raced = verdict.variants.filter((each) => each.probe === probe && each.rate.exposure > 0);
    return raced.length === 0 ? [] : [ratePlot(probe, raced)];
  });
  if (parts.length === 0) return null;
  return html`<h2 id="exposure">Exposure and rates</h2>
<p>The unit is one <em>exposed</em> swapoff: one that was overlapped by at least one swap-in in flight in another thread.</p>
${parts}${folded('Every trial', trialTable(trials))}`;
}

function ratePlot(probe: string, variants: readonly VariantVerdict[]): Markup {
  return intervalPlot(
    `${probe}: crashes an exposed swapoff, exact 95 % intervals (Clopper-Pearson). A bar without a dot is a variant without a crash: its rate is at most where the bar ends.`,
    'crashes an exposed swapoff',
    variants.map(({ variant, rate }) => ({
      ...{ name: variant, value: rate.exposure === 0 ? 0 : rate.events / rate.exposure },
      ...{ low: rate.low, high: rate.high },
    })),
  );
}

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

function trialTable(trials: RunResult['trials']): Markup {
  const rows = [...trials]
    .sort((a, b) => (a.evidence.spec.id < b.evidence.spec.id ? -1 : 1))
    .map(({ evidence: { spec, exposure, end }, verdict }) => {
      const said =
        verdict.kind === 'inconclusive'
          ? verdict.reason
          : verdict.kind === 'hang'
            ? verdict.where
            : verdict.kind === 'clean'
              ? ''
              : verdict.title;
      const figures = [exposure?.swapoffs, exposure?.exposedSwapoffs, exposure?.swapIns].map(
        (value) => html`<td class="number">${value?.toLocaleString('en-US') ?? '–'}</td>`,
      );
      return html`<tr><td class="mono">${spec.id}</td><td>${verdict.kind}</td>${figures}<td class="number">${exposure === null ? '–' : (exposure.elapsedMs / 1000).toFixed(1)}</td><td>${end.kind}${said === '' ? '' : `: ${said}`}</td></tr>\n`;
    });
  return html`<div class="scroll"><table>
<tr><th>trial</th><th>verdict</th><th class="number">swapoffs</th><th class="number">exposed</th><th class="number">swap-ins</th><th class="number">seconds</th><th>end</th></tr>
${rows}</table></div>
`;
}

/** The figures of a variant in one line. */
export function figuresText({ rate }: VariantVerdict): string {
  return `${rate.exposure.toLocaleString('en-US')} exposed, ${rateText(rate)}`;
}
