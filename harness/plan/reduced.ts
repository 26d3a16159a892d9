// SPDX-License-Identifier: GPL-2.0-only
import { parseDocument } from 'yaml';

/** Keys of a probe that say something of each variant. */
const BY_VARIANT = ['expect', 'budgets'];

/**
 * The text of a plan with one of its probes alone, on some of its variants: what it has of others is left out. Comments
 * are kept. Pure.
 *
 * @param text of a plan that can be parsed.
 */
export function reducedPlanText(
  text: string,
  { name, probe, variants }: { readonly name: string; readonly probe: string; readonly variants: readonly string[] },
): string {
  const document = parseDocument(text);
  const own = (document.getIn(['probes', probe], true) as { toJSON(): unknown } | undefined)?.toJSON();
  const kept = Object.fromEntries(
    Object.entries({ ...(own as object | null) }).map(([key, value]) => [
      key,
      BY_VARIANT.includes(key) ? onlyOf(value, variants) : value,
    ]),
  );
  document.set('name', name);
  document.set('probes', document.createNode({ [probe]: { ...kept, variants } }, { aliasDuplicateObjects: false }));
  return document.toString({ lineWidth: 0 });
}

function onlyOf(value: unknown, variants: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([variant]) => variants.includes(variant)));
}
