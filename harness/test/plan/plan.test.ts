// SPDX-License-Identifier: GPL-2.0-only
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { UsageError } from '../../model/errors.ts';
import type { Plan } from '../../model/plan.ts';
import { parsePlan } from '../../plan/parse.ts';
import type { StressSpec } from '../../probe/stress/spec.ts';
import { makeRoot, PLAN } from './fixtures/root.ts';

const project = join(import.meta.dirname, '../../..');
const root = makeRoot(t.testdir({}));
const file = join(root, 'plans/small.yaml');

const parse = (text: string): Plan => parsePlan(text, { file, root });
const stress = ({ probes }: Plan, at = 0): StressSpec => probes[at] as StressSpec;

/** The lines of the one error that `text` ends in. */
function errorsOf(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof UsageError)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

/** The plan with `from` replaced, and the line on which it stood. */
function changed(from: string, to: string): { readonly text: string; readonly line: number } {
  const at = PLAN.indexOf(from);
  if (at === -1) throw new Error(`no ${from} in the plan`);
  return { text: PLAN.replace(from, to), line: PLAN.slice(0, at).split('\n').length };
}

t.test('a plan becomes the model, with paths and defaults', async (test) => {
  const plan = parse(PLAN);
  test.match(plan, { name: 'small', describe: 'for tests', seed: null, alpha: 0.05, accelerator: 'auto' });
  test.equal(plan.text, PLAN);
  test.same(plan.variants[0], {
    id: 'weakened',
    describe: 'the control',
    source: { kind: 'deb', package: 'linux-source-6.1', version: null, sha256: null },
    series: ['unpatched', 'weakened'].map((name) => join(root, 'kernel-configs/series/linux-6.1', name)),
    fragments: [join(root, 'kernel-configs/fragments/base.config')],
  });
  test.match(stress(plan).race.words, { contender: 'swapoff()', exposure: { one: 'exposed swapoff' } });
  test.same(plan.target, { types: ['null-deref'], frames: ['do_swap_page'] });
  test.same(plan.probes, [
    {
      kind: 'stress',
      id: 'anon',
      race: {
        name: 'swapoff',
        words: stress(plan).race.words,
        target: { types: ['null-deref'], frames: ['do_swap_page'] },
        oracle: ['splat'],
      },
      workload: 'anon',
      backend: { kind: 'virtio-blk', rotational: true, sizeKiB: 1024 },
      vcpus: 2,
      memoryMiB: 256,
      cmdline: [],
      threads: 2,
      pages: 64,
      hangSeconds: 20,
      control: 'weakened',
      variants: ['weakened', 'stock'],
      budget: { minTrials: 1, maxTrials: 4, trialSeconds: 20 },
      budgets: {},
      atMost: null,
      expect: { weakened: { accept: ['target'], known: [] }, stock: { accept: ['closed'], known: [] } },
    },
  ]);
});

t.test('a series by a path is a folder, a file, or a range of commits', async (test) => {
  mkdirSync(join(root, 'plans/repo'), { recursive: true });
  writeFileSync(join(root, 'plans/thread.mbox'), '');
  const seriesOf = (name: string) => parse(changed('linux-6.1/weakened', name).text).variants[0]?.series[1];
  test.equal(seriesOf('./thread.mbox'), join(root, 'plans/thread.mbox'));
  test.equal(seriesOf('"./repo#v6.1..fix"'), `${join(root, 'plans/repo')}#v6.1..fix`);
  test.equal(seriesOf('../kernel-configs/series/linux-6.1/v5a'), join(root, 'kernel-configs/series/linux-6.1/v5a'));
  for (const name of ['./none.mbox', '"./none#a..b"', '"./thread.mbox#a..b"', 'thread.mbox'])
    test.match(errorsOf(changed('linux-6.1/weakened', name).text), [/unknown series/], name);
});

const PLACED = `${PLAN.trimEnd()}
  placed:
    kind: place
    backend: {kind: zram, size: 1MiB}
    hold: stall
    points: {every: 40}
    control: weakened
    expect: {weakened: {accept: [target]}, stock: {accept: [closed]}}
`;

t.test('a probe that places the race has keys of its own', async (test) => {
  const plan = parse(PLACED);
  test.match(plan.probes[1], {
    ...{ kind: 'place', id: 'placed', race: { name: 'swapoff', oracle: ['splat'] }, path: 'fault' },
    ...{ backend: { kind: 'zram', sizeKiB: 1024 }, hold: 'stall', meanwhile: 'swapoff', repeats: 3 },
    ...{ points: { kind: 'every', count: 40 }, control: 'weakened', variants: ['weakened', 'stock'] },
    expect: { weakened: { accept: ['target'], known: [] }, stock: { accept: ['closed'], known: [] } },
  });
  const { text: _before, ...before } = parse(PLACED.replace('kind: place', 'kind: interleave'));
  const { text: _after, ...after } = plan;
  test.same(before, after, 'interleave is what it was called before');
  const wrong = (from: string, to: string) => errorsOf(PLACED.replace(from, to));
  test.match(wrong('    hold: stall\n', ''), [/probes\.placed\.hold: is missing/]);
  test.match(wrong('hold: stall', 'hold: freeze'), [/probes\.placed\.hold.*preempt/]);
  test.match(wrong('{every: 40}', 'some'), [
    /probes\.placed\.points is "some": needs functions, all, or every: a number/,
  ]);
  test.match(wrong('    hold: stall', '    hold: stall\n    threads: 4'), [/probes\.placed\.threads: unknown key/]);
  test.match(wrong('    hold: stall', '    hold: stall\n    path: foult'), [/probes\.placed\.path.*fault/]);
  test.match(wrong('{kind: zram, size', '{kind: file, filesystem: ext4, size'), [
    /cannot be placed on file; use virtio-blk or zram/,
  ]);
});

t.test('defaults go into every probe, which may replace them', async (test) => {
  const plan = parse(
    PLAN.replace(
      'probes:\n',
      [
        'defaults:',
        '  vcpus: 8',
        '  cmdline: [nokaslr]',
        '  budget: {max-trials: 9, seconds: 5}',
        '  budgets: {stock: {max-trials: 7}, weakened: {min-trials: 2}}',
        '  expect: {stock: {accept: [hang], known: [hang]}}',
        'probes:',
        '',
      ].join('\n'),
    )
      .replace('min-trials: 1, max-trials: 4, seconds: 20', 'min-trials: 1, seconds: 20')
      .replace('stock: {accept: [closed]}', '')
      .replace('    control:', '    variants: [stock, weakened]\n    control:'),
  );
  test.match(plan.probes[0], {
    vcpus: 2,
    cmdline: ['nokaslr'],
    budget: { minTrials: 1, maxTrials: 9, trialSeconds: 20 },
    budgets: { stock: { maxTrials: 7 }, weakened: { minTrials: 2 } },
    expect: { stock: { accept: ['hang'], known: ['hang'] } },
    variants: ['stock', 'weakened'],
  });
});

t.test('a probe of some variants keeps only their expectations', async (test) => {
  const plan = parse(
    PLAN.replace('    control:', '    variants: [weakened]\n    budgets: {stock: {seconds: 5}}\n    control:'),
  );
  test.same(Object.keys(plan.probes[0]?.expect ?? {}), ['weakened']);
  test.same(stress(plan).budgets, {});
});

t.test('a variant may have its own source and fragments, and paths of its own', async (test) => {
  mkdirSync(join(root, 'plans/mine'), { recursive: true });
  writeFileSync(join(root, 'plans/more.config'), '');
  const plan = parse(
    PLAN.replace('    series: []', '    series: [./mine]\n    source: dir:linux\n    fragments: [base, ./more.config]'),
  );
  test.match(plan.variants[1], {
    source: { kind: 'dir', path: join(root, 'plans/linux') },
    series: [join(root, 'plans/mine')],
    fragments: [/base\.config$/, join(root, 'plans/more.config')],
  });
});

t.test('backends and sizes', async (test) => {
  const backend = (text: string) =>
    stress(parse(changed('{kind: virtio-blk, rotational: true, size: 1MiB}', text).text)).backend;
  test.same(backend('{kind: file, filesystem: ext4, size: 512KiB}'), {
    kind: 'file',
    filesystem: 'ext4',
    sizeKiB: 512,
  });
  test.same(backend('{kind: zram, size: 1 GiB}'), { kind: 'zram', sizeKiB: 1024 * 1024 });
});

t.test('each error names its line, its value and the mend', async (test) => {
  const cases: [string, string, RegExp][] = [
    ['threads: 2', 'thread: 2', /^line LINE: probes\.anon\.thread: unknown key; did you mean threads\?$/],
    [
      'types: [null-deref]',
      'types: [null-deref]\n  frame: []',
      /^line NEXT: target\.frame: unknown key; did you mean frames\?$/,
    ],
    ['name: small', 'nam: small', /^line LINE: nam: unknown key; did you mean name\?$/],
    [
      'series: []',
      'series: []\n    fragment: []',
      /^line NEXT: variants\.stock\.fragment: unknown key; did you mean fragments\?$/,
    ],
    [
      'rotational: true, size',
      'rotational: true, sise: 1MiB, size',
      /^line LINE: probes\.anon\.backend\.sise: unknown key; did you mean size\?$/,
    ],
    ['max-trials: 4', 'max-trials: 4, secs: 3', /^line LINE: probes\.anon\.budget\.secs: unknown key/],
    [
      '{accept: [closed]}',
      '{accept: [closed], knwon: []}',
      /^line LINE: probes\.anon\.expect\.stock\.knwon: unknown key; did you mean known\?$/,
    ],
    ['vcpus: 2', 'vcpus: two', /^line LINE: probes\.anon\.vcpus is "two": needs a whole number from 1 to 64$/],
    ['vcpus: 2', 'vcpus: 2.5', /vcpus is 2\.5: needs a whole number/],
    ['vcpus: 2', 'vcpus: 0', /vcpus is 0: needs a whole number from 1/],
    ['vcpus: 2', 'vcpus: 65', /vcpus is 65/],
    [
      'workload: anon',
      'workload: annon',
      /^line LINE: probes\.anon\.workload: swapoff has no workload annon; did you mean anon\?$/,
    ],
    ['workload: anon', 'workload: 3', /workload is 3: needs a text/],
    ['accept: [closed]', 'accept: [closd]', /accept\[0\] is "closd": did you mean closed\?$/],
    ['accept: [closed]', 'accept: []', /stock\.accept: needs at least one of outcomes$/],
    ['[null-deref]', '[nul-deref]', /^line LINE: target\.types\[0\] is "nul-deref": did you mean null-deref\?$/],
    [
      '[do_swap_page]',
      '[do_swap_page+0x10/0x20]',
      /target\.frames\[0\] is "do_swap_page\+0x10\/0x20": needs the name of a function/,
    ],
    ['[do_swap_page]', '[]', /target\.frames: needs at least one/],
    [
      'kind: virtio-blk',
      'kind: floppy',
      /^line LINE: probes\.anon\.backend(\.kind is "floppy")?: needs a kind: one of virtio-blk, file, zram$/,
    ],
    ['rotational: true', 'rotational: 1', /backend\.rotational is 1: needs true or false$/],
    ['size: 1MiB', 'size: 1024', /backend\.size is 1024: needs a size with its unit, as 512KiB or 1MiB$/],
    ['size: 1MiB', 'size: 1MB', /backend\.size is "1MB": needs a size/],
    ['size: 1MiB', 'size: 36KiB', /size is "36KiB": needs at least 40KiB/],
    ['memory: 256MiB', 'memory: 32MiB', /memory is "32MiB": needs whole MiB/],
    ['memory: 256MiB', 'memory: 65537KiB', /needs whole MiB/],
    [
      'pages: 64',
      'pages: 256',
      /^line LINE: probes\.anon\.pages: 256 pages do not fit a swap area of 1MiB; at most 255 do$/,
    ],
    [
      'control: weakened',
      'control: weekened',
      /^line LINE: probes\.anon\.control: unknown variant weekened; did you mean weakened\?$/,
    ],
    ['control: weakened', 'control: 5', /control is 5: needs a text/],
    [
      'control: weakened',
      'control: weakened\n    variants: [stock]',
      /^line LINE: probes\.anon\.control: the control weakened is not among the probe's variants \(stock\)$/,
    ],
    [
      'control: weakened',
      'control: weakened\n    variants: [stock, weakened, v6]',
      /^line NEXT: probes\.anon\.variants\[2\]: unknown variant v6; there are weakened, stock$/,
    ],
    [
      'control: weakened',
      'control: weakened\n    budgets: {stok: {seconds: 1}}',
      /^line NEXT: probes\.anon\.budgets\.stok: unknown variant stok; did you mean stock\?$/,
    ],
    [
      'linux-6.1/weakened',
      'linux-6.1/weakned',
      /^line LINE: variants\.weakened\.series\[1\]: unknown series .*weakned; did you mean linux-6\.1\/weakened\?$/,
    ],
    ['linux-6.1/weakened', '../fragments', /unknown series/],
    ['linux-6.1/weakened', 'x/../../fragments', /unknown series/],
    ['[base]', '[bass]', /^line LINE: fragments\[0\]: unknown fragment bass; did you mean base\?$/],
    ['[base]', '[]', /fragments: needs at least one of fragments/],
    [
      'series: []',
      'series: []\n    source: git:linux',
      /^line NEXT: variants\.stock\.source: Cannot read the source "git:linux": the revision is missing/,
    ],
    [
      'deb:linux',
      'dep:linux',
      /^line LINE: source: Cannot read the source "dep:[^"]+": there is no kind "dep"; the forms are deb:PACKAGE/,
    ],
    ['stock: {accept: [closed]}', '', /^line \d+: probes\.anon\.expect: says nothing of stock$/],
    [
      'stock: {accept: [closed]}',
      'stok: {accept: [closed]}',
      /expect\.stok: unknown variant stok; did you mean stock\?/,
    ],
    [
      '{accept: [closed]}',
      '{accept: [closed], known: [hang]}',
      /^line LINE: probes\.anon\.expect\.stock\.known\[0\]: the known finding hang has to be accepted/,
    ],
    ['min-trials: 1', 'min-trials: 5', /^line LINE: probes\.anon\.budget: min-trials 5 is more than max-trials 4$/],
    ['min-trials: 1, ', '', /^line LINE: probes\.anon\.budget\.min-trials: is missing, here and in the defaults$/],
    [
      'control: weakened',
      'control: weakened\n    budgets: {stock: {min-trials: 9}}',
      /^line NEXT: probes\.anon\.budgets\.stock: min-trials 9 is more than max-trials 4$/,
    ],
    ['    hang-seconds: 20\n', '', /^line \d+: probes\.anon\.hang-seconds: is missing, here and in the defaults$/],
    ['  anon:', '  an-on:', /^line LINE: probes\.an-on: an id is made of letters, digits and \. \+ _$/],
    ['  stock:', '  st/ock:', /^line LINE: variants\.st\/ock: an id is made of/],
    [
      'fragments: [base]',
      'fragments: [base]\nalpha: 0.5',
      /^line NEXT: alpha is 0\.5: needs a number above 0 and below 0\.5$/,
    ],
    ['fragments: [base]', 'fragments: [base]\nalpha: 0', /alpha is 0:/],
    ['fragments: [base]', 'fragments: [base]\nseed: -1', /seed is -1: needs a whole number from 0/],
    ['fragments: [base]', 'fragments: [base]\naccelerator: xen', /accelerator is "xen": there are auto, kvm, tcg/],
    ['describe: the control', 'describe: ""', /variants\.weakened\.describe is "": needs a text/],
  ];
  for (const [from, to, wanted] of cases) {
    const { text, line } = changed(from, to);
    const pattern = new RegExp(wanted.source.replace('LINE', String(line)).replace('NEXT', String(line + 1)));
    const errors = errorsOf(text);
    test.ok(
      errors.some((error) => pattern.test(error)),
      `${to.trim()}: ${errors.join(' | ')}`,
    );
  }
});

t.test('one mistake is one error', async (test) => {
  for (const [from, to] of [
    ['threads: 2', 'threads: x'],
    ['linux-6.1/weakened', 'nothing'],
    ['min-trials: 1', 'min-trials: 5'],
  ] as const) {
    test.equal(errorsOf(changed(from, to).text).length, 1, to);
  }
});

t.test('all errors at once, by line, in one usage error', async (test) => {
  const text = PLAN.replace('[base]', '[bass]')
    .replace('threads: 2', 'thraeds: 2')
    .replace('vcpus: 2', 'vcpus: two')
    .replace('control: weakened', 'control: weak')
    .replace('linux-6.1/unpatched', 'linux-6.1/unpached');
  const errors = errorsOf(text);
  test.match(errors, [/bass/, /unpached/, /threads: is missing/, /vcpus/, /thraeds: unknown key/, /control/]);
  test.equal(errors.length, 6);
  const lines = errors.map((error) => Number(/^line (\d+)/.exec(error)?.[1]));
  test.same(
    lines,
    [...lines].sort((a, b) => a - b),
  );
  test.throws(() => parse(text), {
    name: 'UsageError',
    fault: 'usage',
    code: 'PLAN_INVALID',
    message: /^Cannot use plan .*small\.yaml: 6 errors\n/,
    hint: /docs\/plans\.md/,
  });
});

t.test('what is no plan at all', async (test) => {
  test.match(errorsOf(''), [/^line 1: the plan is null: needs keys with values/]);
  test.match(errorsOf('- 1\n'), [/^line 1: the plan: needs keys with values/]);
  test.match(errorsOf('name: [1\nfoo: bar\n'), [/^line \d+: /]);
  test.match(errorsOf('name: a\nname: b\n'), [/^line 2: Map keys must be unique/]);
  test.match(errorsOf('name: *nowhere\n'), [/^line 1: Unresolved alias/]);
  test.match(errorsOf(PLAN.replace(/variants:[^]*target:/, 'variants: {}\ntarget:')), [/variants: needs at least one/]);
  test.match(errorsOf(PLAN.replace(/probes:[^]*/, 'probes: {}\n')), [/probes: needs at least one/]);
  test.match(errorsOf(PLAN.replace(/probes:[^]*/, 'probes: 3\n')), [/probes is 3: needs keys with values/]);
  test.match(errorsOf(PLAN.replace(/probes:[^]*/, 'probes: {anon: 3}\n')), [
    /probes\.anon is 3: needs keys with values/,
  ]);
});

t.test('aliases are followed', async (test) => {
  const text = PLAN.replace('[base]', '&all [base, bass]').replace('series: []', 'series: []\n    fragments: *all');
  const errors = errorsOf(text);
  test.match(errors, [/^line 4: fragments\[1\]/, /^line 4: variants\.stock\.fragments\[1\]/]);
});

t.test('the example of docs/plans.md is a plan', async (test) => {
  const example = /```yaml\n([^]*?)```/.exec(readFileSync(join(project, 'docs/plans.md'), 'utf8'))?.[1] ?? '';
  const plan = parse(example);
  test.equal(plan.probes.length, 2);
  test.match(plan.probes[1], {
    workload: 'shmem',
    budgets: { stock: { maxTrials: 20 } },
    expect: { stock: { known: ['hang'] } },
  });
});

t.test('the shipped plans', async (test) => {
  const shipped = (name: string) => {
    const path = join(project, 'kernel-configs/plans', `${name}.yaml`);
    return parsePlan(readFileSync(path, 'utf8'), { file: path, root: project });
  };
  const plan = shipped('default');
  test.same(
    plan.variants.map((variant) => variant.id),
    ['unpatched', 'weakened', 'v5a', 'v5b', 'v5a+sites+ra', 'v5b+sites+ra', 'rcu-5.3', 'stock'],
  );
  test.match(plan.probes[0], {
    id: 'anon',
    control: 'unpatched',
    expect: { v5a: { accept: ['not-reproduced', 'closed', 'hang'], known: ['hang'] } },
  });
  test.same(
    shipped('short').variants.map((variant) => variant.id),
    ['weakened', 'v5b+sites+ra', 'stock'],
  );
  const { variants, probes } = shipped('mutants');
  const mutants = variants.filter(({ series }) => series.some((path) => path.includes('/mutants/')));
  test.ok(mutants.length > 0);
  for (const { id } of mutants)
    for (const { expect } of probes) test.notOk(expect[id]?.accept.includes('closed'), `nothing closes ${id}`);
  test.same(shipped('swapped').probes[0]?.expect['weakened'], { accept: ['not-reproduced', 'closed'], known: [] });
});
