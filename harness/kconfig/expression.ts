// SPDX-License-Identifier: GPL-2.0-only
/** A dependency of Kconfig's language (Documentation/kbuild/kconfig-language.rst). */
export type Expression =
  | { readonly kind: 'term'; readonly text: string; readonly quoted: boolean }
  /** `$(…)`: asks the compiler or a shell; its value is not known here. */
  | { readonly kind: 'macro'; readonly text: string }
  | { readonly kind: 'compare'; readonly op: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression };

/** Kconfig's three values, and one for what only the compiler could tell. */
export type Tristate = 'y' | 'm' | 'n' | 'unknown';

const TOKEN =
  /\s*(\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|"(?:[^"\\]|\\.)*"|'[^']*'|&&|\|\||!=|<=|>=|[=<>!()]|[\w./-]+)/y;

/** Parses a dependency; null for what is not one. Pure. */
export function parseExpression(text: string): Expression | null {
  const tokens = tokenize(text);
  if (tokens === null) return null;
  const parser = new Parser(tokens);
  const parsed = parser.or();
  return parser.atEnd ? parsed : null;
}

function tokenize(text: string): string[] | null {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) return null;
    tokens.push(token);
  }
  return tokens;
}

/** Recursive descent, loosest binding first: `||`, `&&`, `!`, comparison. */
class Parser {
  #at = 0;

  constructor(readonly tokens: readonly string[]) {}

  get atEnd(): boolean {
    return this.#at === this.tokens.length;
  }

  or(): Expression | null {
    return this.#chain('||', 'or', () => this.#chain('&&', 'and', () => this.#unary()));
  }

  #chain(token: string, kind: 'and' | 'or', next: () => Expression | null): Expression | null {
    let left = next();
    while (left !== null && this.#take(token)) {
      const right = next();
      left = right === null ? null : { kind, left, right };
    }
    return left;
  }

  #unary(): Expression | null {
    if (this.#take('!')) {
      const operand = this.#unary();
      return operand === null ? null : { kind: 'not', operand };
    }
    if (!this.#take('(')) return this.#comparison();
    const inner = this.or();
    return this.#take(')') ? inner : null;
  }

  #comparison(): Expression | null {
    const left = this.#term();
    const op = ['=', '!=', '<', '<=', '>', '>='].find((one) => this.#take(one));
    if (left === null || op === undefined) return left;
    const right = this.#term();
    return right === null ? null : { kind: 'compare', op, left, right };
  }

  #term(): Expression | null {
    const token = this.tokens[this.#at];
    if (token === undefined || /^([&|=<>!()]|!=)/.test(token)) return null;
    this.#at += 1;
    if (token.startsWith('$(')) return { kind: 'macro', text: token };
    const quoted = /^["']/.test(token);
    return { kind: 'term', text: quoted ? token.slice(1, -1) : token, quoted };
  }

  #take(token: string): boolean {
    if (this.tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }
}

const RANK: Readonly<Record<'n' | 'm' | 'y', number>> = { n: 0, m: 1, y: 2 };

/**
 * The value of a dependency. Pure.
 *
 * @param valueOf value of a symbol without its prefix as `.config` has it; `n` when it is not set.
 */
export function evaluate(expression: Expression, valueOf: (symbol: string) => string): Tristate {
  switch (expression.kind) {
    case 'term':
      return asTristate(literal(expression, valueOf));
    case 'macro':
      return 'unknown';
    case 'compare':
      return compare(expression, valueOf);
    case 'not':
      return negate(evaluate(expression.operand, valueOf));
    case 'and':
      return lower(evaluate(expression.left, valueOf), evaluate(expression.right, valueOf));
    case 'or':
      return negate(lower(negate(evaluate(expression.left, valueOf)), negate(evaluate(expression.right, valueOf))));
  }
}

function literal(
  term: { readonly text: string; readonly quoted: boolean },
  valueOf: (symbol: string) => string,
): string {
  return term.quoted || /^([ymn]|-?\d+|0x[\da-fA-F]+)$/.test(term.text) ? term.text : valueOf(term.text);
}

function asTristate(value: string): Tristate {
  return value === 'y' || value === 'm' ? value : 'n';
}

function negate(value: Tristate): Tristate {
  return value === 'y' ? 'n' : value === 'n' ? 'y' : value;
}

function lower(a: Tristate, b: Tristate): Tristate {
  if (a === 'n' || b === 'n') return 'n';
  if (a === 'unknown' || b === 'unknown') return 'unknown';
  return RANK[a] < RANK[b] ? a : b;
}

function compare(expression: Extract<Expression, { kind: 'compare' }>, valueOf: (symbol: string) => string): Tristate {
  const { left, right, op } = expression;
  if (left.kind !== 'term' || right.kind !== 'term') return 'unknown';
  const order = orderOf(literal(left, valueOf), literal(right, valueOf));
  const holds =
    op === '='
      ? order === 0
      : op === '!='
        ? order !== 0
        : op === '<'
          ? order < 0
          : op === '<='
            ? order <= 0
            : op === '>'
              ? order > 0
              : order >= 0;
  return holds ? 'y' : 'n';
}

/** As numbers where both are; as texts otherwise. Quotes of a .config do not count. */
function orderOf(a: string, b: string): number {
  const [x, y] = [a, b].map((value) => value.replace(/^"(.*)"$/, '$1')) as [string, string];
  const [left, right] = [Number(x), Number(y)];
  if (x !== '' && y !== '' && Number.isFinite(left) && Number.isFinite(right)) return left - right;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The expression as Kconfig writes it. */
export function expressionText(expression: Expression): string {
  const inner = (one: Expression) =>
    one.kind === 'and' || one.kind === 'or' ? `(${expressionText(one)})` : expressionText(one);
  switch (expression.kind) {
    case 'term':
      return expression.quoted ? `"${expression.text}"` : expression.text;
    case 'macro':
      return expression.text;
    case 'compare':
      return `${expressionText(expression.left)} ${expression.op} ${expressionText(expression.right)}`;
    case 'not':
      return `!${inner(expression.operand)}`;
    case 'and':
      return `${inner(expression.left)} && ${inner(expression.right)}`;
    case 'or':
      return `${expressionText(expression.left)} || ${expressionText(expression.right)}`;
  }
}

/** The smallest parts that must hold and do not, each with its value. Pure. */
export function unmetParts(
  expression: Expression,
  valueOf: (symbol: string) => string,
): { readonly expression: Expression; readonly value: Tristate }[] {
  if (expression.kind === 'and')
    return [...unmetParts(expression.left, valueOf), ...unmetParts(expression.right, valueOf)];
  const value = evaluate(expression, valueOf);
  return value === 'n' || value === 'unknown' ? [{ expression, value }] : [];
}
