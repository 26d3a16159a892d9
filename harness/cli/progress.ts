// SPDX-License-Identifier: GPL-2.0-only
import type { ProgressEvent, ProgressListener } from '../model/events.ts';
import type { StepOutcome } from '../model/outcome.ts';
import type { Paint, Style } from '../report/paint.ts';
import { WORD } from '../report/wording.ts';
import { paintFor } from './colour.ts';
import { advance, initialState, progressLines } from './progress-state.ts';

export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** Milliseconds of any steady clock. */
  readonly now?: () => number;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Shows progress on `out`: on a terminal a few lines that are written over, below the lasting ones; plain lasting lines
 * elsewhere. Never on standard output: that is for results.
 */
export function progressTo(
  out: Output,
  { now = () => performance.now(), env = process.env }: ProgressOptions = {},
): ProgressListener & { readonly done: () => void } {
  const block = out.isTTY === true ? new LiveBlock(out) : null;
  const paint = paintFor(out, env);
  let state = initialState(now());
  const listener = (event: ProgressEvent): void => {
    state = advance(state, event, now());
    const lasting = lastingLine(event, paint);
    if (lasting !== null) {
      block?.clear();
      out.write(`${lasting}\n`);
    }
    block?.show(progressLines(state, now()));
  };
  return Object.assign(listener, { done: () => block?.clear() });
}

/** Lines that are written over. */
class LiveBlock {
  #lines = 0;

  constructor(private readonly out: Output) {}

  show(lines: readonly string[]): void {
    const width = (this.out.columns ?? 80) - 1;
    const text = lines.map((line) => line.slice(0, width)).join('\n');
    this.out.write(`${this.#erase()}${text}`);
    this.#lines = lines.length;
  }

  clear(): void {
    if (this.#lines > 0) this.out.write(this.#erase());
    this.#lines = 0;
  }

  /** Back to the block's first column, and nothing from there on. */
  #erase(): string {
    if (this.#lines === 0) return '';
    return `${this.#lines > 1 ? `\x1b[${this.#lines - 1}A` : ''}\r\x1b[J`;
  }
}

/** An event that stays on the screen, as a line; null for passing states. */
export function lastingLine(event: ProgressEvent, paint: Paint = (text) => text): string | null {
  switch (event.kind) {
    case 'phase':
      return `${event.name}: ${event.detail}`;
    case 'note':
      return `note: ${event.message}`;
    case 'build-done':
      return `kernel ${event.variant}: ${event.kernelId} ${event.cached ? '(cached)' : `built in ${Math.round(event.seconds)} s`}`;
    case 'step-end': {
      const { outcome, words } = event.brief;
      const word = paint(WORD[outcome], STYLE[outcome]);
      return `${event.step}: ${word}${words === '' ? '' : `: ${words}`}`;
    }
    case 'planned':
    case 'build-progress':
    case 'step-start':
    case 'step-progress':
      return null;
  }
}

const STYLE: Readonly<Record<StepOutcome, Style>> = {
  target: 'bad',
  hang: 'bad',
  'other-bug': 'doubt',
  ok: 'good',
  inconclusive: 'doubt',
};
