// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { parseConfig, unmetRequests } from '../../kconfig/check.ts';
import { explainUnmet } from '../../kconfig/explain.ts';
import { evaluate, expressionText, parseExpression, unmetParts } from '../../kconfig/expression.ts';
import { parseFragment } from '../../kconfig/fragment.ts';
import { readKconfigTree } from '../../kconfig/tree.ts';

const valueOf = (symbol: string) => ({ Y: 'y', M: 'm', VERSION: '120200', NAME: '"gcc"' })[symbol] ?? 'n';

t.test('dependencies are evaluated as Kconfig does', async (t) => {
  const table = [
    ['Y', 'y'],
    ['NOT_SET', 'n'],
    ['!NOT_SET', 'y'],
    ['!M', 'm'],
    ['Y && M', 'm'],
    ['Y || NOT_SET && NOT_SET', 'y'],
    ['(Y || NOT_SET) && NOT_SET', 'n'],
    ['M = m', 'y'],
    ['Y != y', 'n'],
    ['VERSION >= 110000', 'y'],
    ['VERSION < 90000', 'n'],
    ['NAME = "gcc"', 'y'],
    ['$(cc-option,-mfoo(x))', 'unknown'],
    ['$(cc-option,-mfoo) && NOT_SET', 'n'],
    ['$(cc-option,-mfoo) || Y', 'y'],
    ['!$(success,test -n "$(CC)")', 'unknown'],
  ] as const;
  for (const [text, expected] of table) {
    const expression = parseExpression(text);
    t.equal(expression === null ? null : evaluate(expression, valueOf), expected, text);
  }
  for (const text of ['', 'A &&', '(A', 'A B', '= y'])
    t.equal(parseExpression(text), null, `not an expression: "${text}"`);
});

t.test('the parts that do not hold are named', async (t) => {
  const expression = parseExpression('Y && (A || !Y) && !(M || Y) && $(x)');
  const parts = expression === null ? [] : unmetParts(expression, valueOf);
  t.same(
    parts.map((part) => [expressionText(part.expression), part.value]),
    [
      ['A || !Y', 'n'],
      ['!(M || Y)', 'n'],
      ['$(x)', 'unknown'],
    ],
  );
});

const KCONFIG = {
  Kconfig:
    'mainmenu "Linux"\n\nif-success = $(shell,x)\nsource "arch/$(SRCARCH)/Kconfig"\nsource "mm/Kconfig" # comment\nsource "gone/Kconfig"\n',
  arch: { x86: { Kconfig: 'config X86\n\tdef_bool y\n\tselect HAVE_THIS\n\tselect FORCED if X86\n' } },
  mm: {
    Kconfig: `menu "Memory"
	depends on MMU

config SWAP
	bool "Swap"
	depends on BLOCK && \\
		!SMALL
	help
	  config FAKE
	    not a symbol

	  depends on NOTHING

if SWAP
config ZSWAP
	bool "Zswap" if EXPERT
endif

choice
	prompt "Which"
config WHICH_A
	bool "A"
config WHICH_B
	bool "B"
endchoice
endmenu

config HAVE_THIS
	bool
config FORCED
	bool
config ALWAYS
	def_bool y
config LIMIT
	int "Limit"
	range 1 9
`,
  },
};

t.test('a symbol that did not survive is explained from the tree', async (t) => {
  const tree = await readKconfigTree(t.testdir(KCONFIG));
  t.notOk(tree.has('FAKE'), 'help is no configuration');
  const values = parseConfig(
    'CONFIG_X86=y\nCONFIG_MMU=y\nCONFIG_WHICH_A=y\nCONFIG_FORCED=y\nCONFIG_ALWAYS=y\nCONFIG_LIMIT=9\nCONFIG_HAVE_THIS=y\nCONFIG_SMALL=y\n',
  );
  const explain = (line: string) =>
    unmetRequests(parseFragment('x', line).requests, values).map((unmet) =>
      explainUnmet(unmet, tree, values, '6.1.7'),
    )[0];
  t.equal(explain('CONFIG_MEMCG_SWAP=y'), 'no such symbol in 6.1.7');
  t.equal(explain('CONFIG_SWAP=y'), 'depends on BLOCK (n) and !SMALL (n), mm/Kconfig:4');
  t.equal(explain('CONFIG_ZSWAP=y'), 'depends on SWAP (n), mm/Kconfig:15');
  t.equal(explain('CONFIG_WHICH_B=y'), 'another member of its choice was taken, mm/Kconfig:23');
  t.equal(explain('CONFIG_HAVE_THIS=m'), 'it has no prompt and only others select it (X86), mm/Kconfig:28');
  t.equal(explain('CONFIG_FORCED=n'), 'selected by X86');
  t.equal(explain('CONFIG_ALWAYS=n'), 'it has no prompt and its default is on, mm/Kconfig:32');
  t.equal(explain('CONFIG_LIMIT=12'), 'its dependencies are met; the value itself was refused, mm/Kconfig:34');
  const open = parseConfig('CONFIG_MMU=y\nCONFIG_SWAP=y\n');
  t.equal(
    explainUnmet({ request: parseFragment('x', 'CONFIG_ZSWAP=y').requests[0]!, got: 'n' }, tree, open, '6.1.7'),
    'it can only be set if EXPERT, mm/Kconfig:15',
  );
});

t.test('a request that is met is not unmet', async (t) => {
  const values = parseConfig('CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_S="x y"\n');
  t.same(
    unmetRequests(parseFragment('x', 'CONFIG_A=y\nCONFIG_B=n\nCONFIG_NEVER=n\nCONFIG_S="x y"\n').requests, values),
    [],
  );
  t.match(unmetRequests(parseFragment('x', 'CONFIG_A=n\nCONFIG_S="x"\n').requests, values), [
    { got: 'y' },
    { got: '"x y"' },
  ]);
});
