// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { parseConfig, unmetRequests } from '../../kconfig/check.ts';
import { explainUnmet, readKconfig } from '../../kconfig/explain.ts';
import { parseFragment } from '../../kconfig/fragment.ts';

const KCONFIG = {
  Kconfig:
    'mainmenu "Linux"\n\nif-success = $(shell,x)\nsource "arch/$(SRCARCH)/Kconfig"\n' +
    'source "mm/Kconfig" # comment\nsource "gone/Kconfig"\n',
  arch: {
    arm: { Kconfig: 'config ARM_ONLY\n\tbool\n' },
    x86: { Kconfig: 'config X86\n\tdef_bool y\n\tselect HAVE_THIS\n\tselect FORCED if X86\n' },
  },
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
`,
  },
};

t.test('a symbol that did not survive is explained in Kconfig’s own words', async (t) => {
  const entries = await readKconfig(t.testdir(KCONFIG));
  t.notOk(
    entries.some(({ symbol }) => symbol === 'FAKE' || symbol === 'ARM_ONLY'),
    'neither help texts nor other architectures define symbols',
  );
  const values = parseConfig(
    'CONFIG_X86=y\nCONFIG_MMU=y\nCONFIG_WHICH_A=y\nCONFIG_FORCED=y\nCONFIG_ALWAYS=y\nCONFIG_SMALL=y\n',
  );
  const explain = (line: string) =>
    unmetRequests(parseFragment('x', line).requests, values).map((unmet) =>
      explainUnmet(unmet, entries, values, '6.1.7'),
    )[0];
  t.equal(explain('CONFIG_MEMCG_SWAP=y'), 'no such symbol in 6.1.7');
  t.equal(
    explain('CONFIG_SWAP=y'),
    'depends on MMU && BLOCK && !SMALL (MMU=y, BLOCK=n, SMALL=y), mm/Kconfig:4',
    'its own lines and those of the menu',
  );
  t.equal(explain('CONFIG_ZSWAP=y'), 'depends on MMU && SWAP (MMU=y, SWAP=n), mm/Kconfig:15');
  t.equal(explain('CONFIG_WHICH_B=y'), 'depends on MMU (MMU=y), mm/Kconfig:23');
  t.equal(explain('CONFIG_HAVE_THIS=y'), 'no unmet `depends on`, see mm/Kconfig:28; selected by X86');
  t.equal(explain('CONFIG_FORCED=n'), 'selected by X86');
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
