// SPDX-License-Identifier: GPL-2.0-only
import type { ConfigRequest } from '../model/kernel.ts';

/** Values of a `.config` by symbol, with the CONFIG_ prefix; a symbol that is not set is absent. */
export type ConfigValues = ReadonlyMap<string, string>;

/** A request that the final configuration does not meet. */
export interface Unmet {
  readonly request: ConfigRequest;
  /** What the symbol is now; `n` when it is not set. */
  readonly got: string;
}

/** Reads a `.config`. Pure. */
export function parseConfig(text: string): ConfigValues {
  const values = new Map<string, string>();
  for (const [, symbol, value] of text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)) {
    if (symbol !== undefined && value !== undefined) values.set(symbol, value);
  }
  return values;
}

/** The requests that did not survive, in their order. Pure. */
export function unmetRequests(requests: readonly ConfigRequest[], values: ConfigValues): Unmet[] {
  return requests
    .map((request) => ({ request, got: values.get(request.symbol) ?? 'n' }))
    .filter(({ request, got }) => got !== request.value);
}
