// SPDX-License-Identifier: GPL-2.0-only
import { setTimeout as sleep } from 'node:timers/promises';

/** What `work` resolves with; rejects as soon as `signal` aborts, whatever `work` does then. */
export async function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let release = (): void => undefined;
  const end = new Promise<never>((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    release = () => signal.removeEventListener('abort', fail);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    release();
  }
}

/** Rejects with the signal's reason when it aborts, at once where it has; else never settles. */
export function aborted(signal: AbortSignal): Promise<never> {
  return orAborted(signal, new Promise<never>(() => undefined));
}

/**
 * What `work` resolves with within `ms`. The signal that it is given aborts when the time is over or `signal` aborts;
 * once it has resolved, only when `signal` does, so that what it has started may outlive the deadline.
 *
 * @throws what `late` makes, when the time is over; `signal`'s reason.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  late: () => Error,
): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(late()), ms);
  try {
    const either = AbortSignal.any([signal, over.signal]);
    return await orAborted(either, work(either));
  } finally {
    clearTimeout(timer);
  }
}

/** A look that comes this much too late says that this process did not run. */
const LATE_MS = 1_000;

/**
 * Waits until the next look at something whose silence makes no event. After a late look (the process was stopped) it
 * waits once more: what came meanwhile is in pipes and has to be read before anything is judged.
 */
export async function untilNextLook(ms: number, signal: AbortSignal): Promise<void> {
  let begun: number;
  do {
    begun = performance.now();
    await sleep(ms, undefined, { signal });
  } while (performance.now() - begun > ms + LATE_MS);
}
