// SPDX-License-Identifier: GPL-2.0-only

/** How far the rates of boots may differ for the bound to hold: standard deviation per mean, gamma-distributed. */
export const BOOT_CV = 2;

const MOST_STEPS = 200;

/**
 * Upper confidence limit of a rate per exposure of which no event was seen, over boots whose own rates differ: boots
 * are the replicates, exposures within one are not. With gamma-distributed rates of mean x and a coefficient of
 * variation `cv`, no event is seen in any boot with the probability ∏ (1 + x·cv²·nᵢ)^(-1/cv²); the limit is the x for
 * which that is 1 - `confidence`. For `cv` 0 it is the rule of three, 3/n. A larger spread makes the limit larger, so
 * it holds for every coefficient of variation up to `cv`.
 *
 * @param exposures per boot; boots without any add nothing.
 * @returns Infinity without any exposure.
 */
export function atMost(exposures: readonly number[], { confidence = 0.95, cv = BOOT_CV } = {}): number {
  const counted = exposures.filter((exposure) => exposure > 0);
  if (counted.length === 0) return Infinity;
  const wanted = -Math.log(1 - confidence);
  const evidence = (rate: number): number => counted.reduce((sum, exposure) => sum + evidenceOf(rate, exposure, cv), 0);
  let high = wanted / counted.reduce((sum, exposure) => sum + exposure, 0);
  while (evidence(high) < wanted) high *= 2;
  let low = 0;
  for (let step = 0; step < MOST_STEPS && high - low > 1e-9 * high; step++) {
    const middle = (low + high) / 2;
    if (evidence(middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

/** Minus the logarithm of the probability that a boot shows nothing. */
function evidenceOf(rate: number, exposure: number, cv: number): number {
  if (cv === 0) return rate * exposure;
  return Math.log1p(rate * cv * cv * exposure) / (cv * cv);
}
