import type { ProgressEvent, ProgressListener } from '../model/events.ts';
import { outcomeKey } from '../model/race-map.ts';

export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Shows progress on `out`: one live line on a terminal, plain lines elsewhere. Never on standard output: that is for results. */
export function progressTo(out: Output): ProgressListener & { readonly done: () => void } {
  const live = out.isTTY === true ? new LiveLine(out) : null;
  const listener = (event: ProgressEvent): void => {
    const { text, lasting } = describeEvent(event);
    if (lasting) {
      live?.clear();
      out.write(`${text}\n`);
    } else live?.show(text);
  };
  return Object.assign(listener, { done: () => live?.clear() });
}

/** One line that is written over. */
class LiveLine {
  #shown = false;

  constructor(private readonly out: Output) {}

  show(text: string): void {
    this.out.write(`\r\x1b[K${text.slice(0, (this.out.columns ?? 80) - 1)}`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.out.write('\r\x1b[K');
    this.#shown = false;
  }
}

/** An event as text; `lasting` ones stay on the screen, the others are passing states. */
export function describeEvent(event: ProgressEvent): { readonly text: string; readonly lasting: boolean } {
  switch (event.kind) {
    case 'phase':
      return { text: `${event.name}: ${event.detail}`, lasting: true };
    case 'note':
      return { text: `note: ${event.message}`, lasting: true };
    case 'build-progress':
      return { text: `build ${event.variant}: ${objects(event)}${left(event.etaSeconds)}`, lasting: false };
    case 'build-done':
      return {
        text: `kernel ${event.variant}: ${event.kernelId} ${event.cached ? '(cached)' : `built in ${Math.round(event.seconds)} s`}`,
        lasting: true,
      };
    case 'trial-start':
      return { text: `trial ${event.trial} … (${event.done} done)`, lasting: false };
    case 'trial-exposure':
      return {
        text: `trial ${event.trial}: ${event.exposedSwapoffs} exposed swapoffs in ${(event.elapsedMs / 1000).toFixed(1)} s`,
        lasting: false,
      };
    case 'point':
      return {
        text: `${event.exploration}: ${event.point}: ${outcomeKey(event.outcome)}`,
        lasting: event.outcome.kind === 'hang' || event.outcome.kind === 'corruption',
      };
    case 'trial-end':
      return { text: `trial ${event.trial}: ${verdictWords(event.verdict)}`, lasting: true };
  }
}

function objects({ done, expected }: { readonly done: number; readonly expected: number | null }): string {
  return expected === null ? `${done} objects` : `${done} of ${expected} objects`;
}

function left(seconds: number | null): string {
  return seconds === null ? '' : `, about ${Math.ceil(seconds)} s left`;
}

function verdictWords(verdict: Extract<ProgressEvent, { kind: 'trial-end' }>['verdict']): string {
  switch (verdict.kind) {
    case 'target':
      return `reproduced: ${verdict.title}`;
    case 'hang':
      return `hang: ${verdict.where}`;
    case 'other-bug':
      return `other bug: ${verdict.title}`;
    case 'clean':
      return 'nothing happened';
    case 'inconclusive':
      return `inconclusive: ${verdict.reason}`;
  }
}
