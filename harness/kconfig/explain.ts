// SPDX-License-Identifier: GPL-2.0-only
import type { ConfigValues, Unmet } from './check.ts';
import { evaluate, expressionText, parseExpression, unmetParts, type Expression } from './expression.ts';
import type { Definition, KconfigTree } from './tree.ts';

/**
 * Why a symbol did not get the value that was asked for, as far as Kconfig's files tell. Pure.
 *
 * @param values the final configuration.
 * @returns the end of a sentence: `depends on NET_CORE (n), drivers/net/Kconfig:412`.
 */
export function explainUnmet(
  { request, got }: Unmet,
  tree: KconfigTree,
  values: ConfigValues,
  kernelVersion: string,
): string {
  const symbol = request.symbol.replace(/^CONFIG_/, '');
  const definitions = tree.get(symbol) ?? [];
  const valueOf = (name: string) => values.get(`CONFIG_${name}`) ?? 'n';
  if (definitions.length === 0) return `no such symbol in ${kernelVersion}`;
  if (request.value === 'n') return whyOn(symbol, definitions, tree, valueOf);
  const reasons = definitions.map((definition) => whyOff(definition, tree, valueOf));
  // The definition that is nearest to being met is the one that the person meant.
  return reasons.sort((a, b) => a.unmet - b.unmet)[0]?.text ?? `Kconfig gave it ${got}`;
}

type ValueOf = (symbol: string) => string;

function whyOff(definition: Definition, tree: KconfigTree, valueOf: ValueOf): { unmet: number; text: string } {
  const where = `${definition.file}:${definition.line}`;
  const unmet = parsed(definition.depends).flatMap((expression) => unmetParts(expression, valueOf));
  if (unmet.length > 0) {
    const parts = unmet.map(
      ({ expression, value }) =>
        `${expressionText(expression)} (${value === 'unknown' ? 'the compiler decides' : value})`,
    );
    return { unmet: unmet.length, text: `depends on ${[...new Set(parts)].join(' and ')}, ${where}` };
  }
  const { prompt } = definition;
  if (prompt === null)
    return {
      unmet: 1,
      text: `it has no prompt and only others select it${nameSome(selectorsOf(definition.symbol, tree))}, ${where}`,
    };
  const condition = prompt.condition === null ? null : parseExpression(prompt.condition);
  if (condition !== null && evaluate(condition, valueOf) === 'n')
    return { unmet: 1, text: `it can only be set if ${expressionText(condition)}, ${where}` };
  if (definition.inChoice) return { unmet: 0, text: `another member of its choice was taken, ${where}` };
  return { unmet: 0, text: `its dependencies are met; the value itself was refused, ${where}` };
}

function whyOn(symbol: string, definitions: readonly Definition[], tree: KconfigTree, valueOf: ValueOf): string {
  const active = selectorsOf(symbol, tree).filter((name) => valueOf(name) !== 'n');
  if (active.length > 0) return `selected by ${active.slice(0, 5).join(', ')}`;
  const [first] = definitions;
  const where = first === undefined ? '' : `, ${first.file}:${first.line}`;
  return first?.prompt === null
    ? `it has no prompt and its default is on${where}`
    : `its prompt is hidden and its default is on${where}`;
}

function selectorsOf(symbol: string, tree: KconfigTree): string[] {
  return [...tree.values()]
    .flat()
    .filter((one) => one.selects.some((select) => select.symbol === symbol))
    .map((one) => one.symbol);
}

function nameSome(names: readonly string[]): string {
  if (names.length === 0) return '';
  return ` (${[...new Set(names)].slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''})`;
}

function parsed(texts: readonly string[]): Expression[] {
  return texts.map(parseExpression).filter((expression) => expression !== null);
}
