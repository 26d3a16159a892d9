// SPDX-License-Identifier: GPL-2.0-only
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { configText, loadFragments, parseFragment, requestsFor } from '../../kconfig/fragment.ts';
import { isWithin } from '../../kconfig/version.ts';

t.test('a fragment is read line by line', async (t) => {
  const text =
    '# Comment.\n\nCONFIG_SWAP=y\n# CONFIG_NUMA is not set\nCONFIG_NR_CPUS=16\nCONFIG_CMDLINE="a # b"\n' +
    'CONFIG_PVH=y # since 5.0\nCONFIG_A=n # since 4.9 until 5.19\n';
  const { requests } = parseFragment('x.config', text);
  t.same(
    requests.map(({ symbol, value, line, from, until }) => [symbol, value, line, from, until]),
    [
      ['CONFIG_SWAP', 'y', 3, null, null],
      ['CONFIG_NUMA', 'n', 4, null, null],
      ['CONFIG_NR_CPUS', '16', 5, null, null],
      ['CONFIG_CMDLINE', '"a # b"', 6, null, null],
      ['CONFIG_PVH', 'y', 7, '5.0', null],
      ['CONFIG_A', 'n', 8, '4.9', '5.19'],
    ],
  );
  t.match(configText(requests), 'CONFIG_SWAP=y\n# CONFIG_NUMA is not set\nCONFIG_NR_CPUS=16\n');
});

t.test('what is wrong is named with its line', async (t) => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['CONFIG_A=y\nSWAP=y', /x\.config:2: "SWAP=y" is not CONFIG_NAME=value/],
    ['CONFIG_A=', /"CONFIG_A=" is not/],
    ['CONFIG_A=y # sinc 5.0', /"# sinc 5\.0" is neither/],
    ['CONFIG_A=y # since', /neither/],
    ['CONFIG_A=y #', /neither/],
    ['CONFIG_A=y\nCONFIG_A=n', /x\.config:2: CONFIG_A is there already, in line 1/],
    ['CONFIG_A=y # until 5.0\nCONFIG_A=n # since 4.9', /there already/],
  ];
  for (const [text, why] of table)
    t.throws(
      () => parseFragment('x.config', text),
      { name: 'UsageError', code: 'FRAGMENT_INVALID', message: why },
      text,
    );
  t.doesNotThrow(() => parseFragment('x.config', 'CONFIG_A=y # until 5.0\nCONFIG_A=n # since 5.1'));
});

t.test('later fragments win, and a kernel gets what is for it', async (t) => {
  const fragments = [
    parseFragment('a', 'CONFIG_A=y\nCONFIG_OLD=y # until 5.19\nCONFIG_NEW=y # since 6.1\n'),
    parseFragment('b', 'CONFIG_A=n\n'),
  ];
  const of = (version: string) =>
    requestsFor(version, fragments).map(({ symbol, value, fragment }) => `${symbol}=${value} (${fragment})`);
  t.same(of('6.1.192'), ['CONFIG_A=n (b)', 'CONFIG_NEW=y (a)']);
  t.same(of('4.15.0'), ['CONFIG_A=n (b)', 'CONFIG_OLD=y (a)']);
});

t.test('bounds are inclusive and count as many numbers as they have', async (t) => {
  const table = [
    ['6.1.192', '6.1', null, true],
    ['6.1.192', null, '6.1', true],
    ['6.1.192', null, '6.1.191', false],
    ['6.1.192', '6.1.193', null, false],
    ['6.10', '6.9', null, true],
    ['4.15', '4.15.0', null, true],
    ['5.0-rc1', '5.0', null, true],
    ['4.20.17', '5.0', null, false],
  ] as const;
  for (const [version, from, until, expected] of table)
    t.equal(isWithin(version, from, until), expected, `${version} in ${from}..${until}`);
});

t.test('the shipped fragments are valid and leave out for 4.15 what it does not know', async (t) => {
  const dir = fileURLToPath(new URL('../../../kernel-configs/fragments/', import.meta.url));
  const fragments = await loadFragments(
    (await readdir(dir)).filter((name) => name.endsWith('.config')).map((name) => join(dir, name)),
  );
  const of = (version: string) => new Set(requestsFor(version, fragments).map((request) => request.symbol));
  for (const symbol of ['CONFIG_VIRTIO_MENU', 'CONFIG_PVH', 'CONFIG_DEBUG_INFO_DWARF5']) {
    t.ok(of('6.1.192').has(symbol), symbol);
    t.notOk(of('4.15.0').has(symbol), symbol);
  }
  t.ok(of('4.15.0').has('CONFIG_MEMCG_SWAP'));
  await t.rejects(loadFragments([join(dir, 'none.config')]), { code: 'FRAGMENT_MISSING', message: /none\.config/ });
});
