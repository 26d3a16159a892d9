// SPDX-License-Identifier: GPL-2.0-only
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';

/** Keys and indexes from the root of a plan. */
export type PlanPath = readonly (string | number)[];

/** One thing that is wrong with a plan. */
export interface PlanProblem {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** A plan file as YAML: its values, and the line on which each of them stands. */
export class PlanDocument {
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;
  /** Plain values; meaningless when there are syntax errors. */
  readonly value: unknown;
  /** What is no YAML at all; nothing else is worth saying then. */
  readonly syntaxErrors: readonly PlanProblem[];

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const errors = this.#document.errors.map((error) => ({
      line: this.#lines.linePos(error.pos[0]).line,
      message: error.message,
    }));
    try {
      this.value = errors.length > 0 ? null : this.#document.toJS();
    } catch (error) {
      // Aliases of nothing, or that many that they are an attack.
      errors.push({ line: 1, message: (error as Error).message });
    }
    this.syntaxErrors = errors;
  }

  /** The line of the value at `path`, or of its nearest ancestor that is there. For a key, the line of the key. */
  lineOf(path: PlanPath): number {
    let node: unknown = this.#document.contents;
    let offset = 0;
    for (const step of path) {
      const inside = this.#step(node, step);
      if (inside === null) break;
      offset = inside.offset;
      node = inside.node;
    }
    return this.#lines.linePos(offset).line;
  }

  #step(node: unknown, step: string | number): { readonly offset: number; readonly node: unknown } | null {
    const resolved = isAlias(node) ? node.resolve(this.#document) : node;
    if (isSeq(resolved)) {
      const item = resolved.items[Number(step)];
      return item === undefined ? null : { offset: offsetOf(item), node: item };
    }
    if (!isMap(resolved)) return null;
    const pair = resolved.items.find((each) => isPair(each) && keyText(each.key) === String(step));
    return pair === undefined ? null : { offset: offsetOf(pair.key), node: pair.value };
  }
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}
