// SPDX-License-Identifier: GPL-2.0-only
import jStat from 'jstat';

/** Of every interval that is reported. */
export const CONFIDENCE = 0.95;

/** A proportion with an exact (Clopper-Pearson) two-sided interval. */
export interface Rate {
  readonly events: number;
  /** Never fewer than events. */
  readonly exposure: number;
  readonly low: number;
  readonly high: number;
  /** Of the interval, e.g. 0.95. */
  readonly confidence: number;
}

/** Events among exposures; `events <= exposure`. */
export type Count = Pick<Rate, 'events' | 'exposure'>;

/**
 * A proportion with its exact two-sided interval (Clopper and Pearson, 1934); without exposure it may be anything: [0,
 * 1].
 */
export function rateOf({ events, exposure }: Count, confidence = CONFIDENCE): Rate {
  if (events > exposure) throw new RangeError(`${events} events cannot come from ${exposure} exposures`);
  const tail = (1 - confidence) / 2;
  return {
    events,
    exposure,
    low: events === 0 ? 0 : jStat.beta.inv(tail, events, exposure - events + 1),
    high: events === exposure ? 1 : jStat.beta.inv(1 - tail, events + 1, exposure - events),
    confidence,
  };
}

/**
 * Fisher's exact test, one-sided: the probability, were both rates equal, that `variant` holds as few of all the
 * events as it did, or fewer. Small values speak for a lower rate than the control's. 1 when either has no exposure
 * or nothing happened.
 */
export function fisherLower(variant: Count, control: Count): number {
  const events = variant.events + control.events;
  const fewest = Math.max(0, events - control.exposure);
  const logDenominator = logChoose(variant.exposure + control.exposure, events);
  let logTerm = logChoose(variant.exposure, fewest) + logChoose(control.exposure, events - fewest) - logDenominator;
  let sum = Math.exp(logTerm);
  for (let x = fewest; x < variant.events; x++) {
    const ratio = ((variant.exposure - x) * (events - x)) / ((x + 1) * (control.exposure - events + x + 1));
    logTerm += Math.log(ratio);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

/** Beyond this nobody waits for a result; the arithmetic holds further. */
const MOST_EXPOSURE = 1e12;

/** The least exposure at which `events` differ from the control at level `alpha`; null when none up to 10^12 does. */
export function exposureNeeded(events: number, control: Count, alpha: number): number | null {
  const enough = (exposure: number) => fisherLower({ events, exposure }, control) < alpha;
  let high = Math.max(1, events);
  if (enough(high)) return high;
  while (!enough(high)) {
    if (high > MOST_EXPOSURE) return null;
    high *= 2;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * log of n over k, as a sum of k logarithms: events are few and exposures many, and a difference of log-gammas of
 * 10^6 would lose half of the digits.
 */
function logChoose(n: number, k: number): number {
  const few = Math.min(k, n - k);
  let sum = 0;
  for (let i = 0; i < few; i++) sum += Math.log((n - i) / (i + 1));
  return sum;
}
