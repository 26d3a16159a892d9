// SPDX-License-Identifier: GPL-2.0-only
/** Holm's step-down adjustment (1979): p values that may be held against alpha all together, in the order given. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => (ps[a] as number) - (ps[b] as number));
  const adjusted = new Array<number>(ps.length);
  let most = 0;
  order.forEach((index, rank) => {
    most = Math.max(most, Math.min(1, (ps[index] as number) * (ps.length - rank)));
    adjusted[index] = most;
  });
  return adjusted;
}
