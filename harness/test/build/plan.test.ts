// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { firstError } from '../../build/diagnose.ts';
import { configKey, kernelId, planBuild, type BuildInputs } from '../../build/plan.ts';
import { secondsLeft } from '../../build/progress.ts';
import { hostTrouble, makeArguments } from '../../host/make.ts';
import { shellText } from '../../host/shell.ts';
import { parseFragment } from '../../kconfig/fragment.ts';
import { replaceLine, series } from './fake-kernel.ts';

const inputs: BuildInputs = {
  variantId: 'v5a',
  tree: {
    id: 'tar-0011223344556677',
    path: '/cache/tree',
    kernelVersion: '6.1.192',
    provenance: { kind: 'deb', package: 'linux-source-6.1', version: '6.1.192-2' },
  },
  series: [series('v5a', replaceLine('mm/x.c', 1, 'a', 'b'))],
  fragments: [parseFragment('base.config', 'CONFIG_SWAP=y\n')],
  toolchain: { compiler: 'gcc 12.2.0', binutils: 'GNU ld 2.40' },
};

t.test("a kernel's id follows what goes into it and nothing else", async (t) => {
  const id = kernelId(inputs, 'CONFIG_SWAP=y\n');
  t.match(id, /^[0-9a-f]{16}$/);
  t.equal(
    kernelId({ ...inputs, series: [{ ...inputs.series[0]!, name: 'renamed' }] }, 'CONFIG_SWAP=y\n'),
    id,
    'a name changes no kernel',
  );
  const others = [
    kernelId(inputs, 'CONFIG_SWAP=y\nCONFIG_SMP=y\n'),
    kernelId({ ...inputs, tree: { ...inputs.tree, id: 'tar-other' } }, 'CONFIG_SWAP=y\n'),
    kernelId({ ...inputs, series: [] }, 'CONFIG_SWAP=y\n'),
    kernelId({ ...inputs, toolchain: { ...inputs.toolchain, compiler: 'gcc 13' } }, 'CONFIG_SWAP=y\n'),
    kernelId({ ...inputs, toolchain: { ...inputs.toolchain, binutils: 'ld 3' } }, 'CONFIG_SWAP=y\n'),
  ];
  t.equal(new Set([id, ...others]).size, 6);
});

t.test('a configuration is made again when Kconfig could answer otherwise', async (t) => {
  const key = (name: string, content: string) =>
    configKey(inputs, new Map([[name, { content: Buffer.from(content), executable: false }]]));
  const none = configKey(inputs, new Map());
  t.equal(key('mm/swapfile.c', 'x'), none);
  t.not(key('mm/Kconfig', 'x'), none);
  t.not(key('lib/Kconfig.debug', 'x'), none);
  t.not(key('arch/x86/Makefile', 'x'), none);
  t.not(configKey({ ...inputs, toolchain: { ...inputs.toolchain, compiler: 'gcc 13' } }, new Map()), none);
  t.not(configKey({ ...inputs, fragments: [parseFragment('base.config', 'CONFIG_SWAP=n\n')] }, new Map()), none);
  t.equal(
    configKey({ ...inputs, fragments: [parseFragment('other.config', '# a comment\nCONFIG_SWAP=y\n')] }, new Map()),
    none,
  );
});

t.test('a plan says what will be built and how', async (t) => {
  const plan = planBuild(inputs);
  t.match(plan, {
    variant: 'v5a',
    source: 'tar-0011223344556677',
    series: [{ name: 'v5a' }],
    fragments: [{ name: 'base.config' }],
    compiler: 'gcc 12.2.0',
  });
  t.match(plan.commands, [
    /^mkdir/,
    /^cp config/,
    /^cp series\.patch/,
    /^cd/,
    'apt-get download linux-source-6.1=6.1.192-2',
    /dpkg-deb/,
    /^patch -d linux -p1 --fuzz=0/,
    /make .* KBUILD_BUILD_TIMESTAMP='Thu Jan {2}1 .*' .* bzImage$/,
  ]);
  t.notOk(planBuild({ ...inputs, series: [] }).commands.some((command) => command.includes('patch')));
});

t.test('make gets what keeps kernels equal', async (t) => {
  const args = makeArguments({ sourceDir: '/c/work', objectDir: '/c/obj' }, ['bzImage'], { jobs: 3 });
  for (const arg of [
    'O=/c/obj',
    '-j3',
    'LOCALVERSION=',
    'KBUILD_BUILD_HOST=swaprace',
    'KCFLAGS=-ffile-prefix-map=/c/work/= -ffile-prefix-map=/c/obj=.',
  ])
    t.ok(args.includes(arg), arg);
  t.equal(shellText(['a', "it's $HOME", 'X=1 2', '']), `a 'it'\\''s $HOME' X='1 2' ''`);
});

t.test('the first error of a log is found', async (t) => {
  const first = (...lines: string[]) => firstError(lines, '/c/work');
  const noise = [
    '  CC      mm/x.o',
    '/c/work/mm/x.c:3:5: warning: unused',
    'In file included from /c/work/include/linux/swap.h:4,',
  ];
  t.match(
    first(
      ...noise,
      "/c/work/mm/swapfile.c:123:9: error: 'x' undeclared",
      '  more',
      'make[2]: *** [mm/swapfile.o] Error 1',
    ),
    {
      file: 'mm/swapfile.c',
      line: 123,
      message: "'x' undeclared",
      context: /^mm\/swapfile\.c:123:9: error.*\n {2}more/,
    },
  );
  t.match(first('../include/linux/a.h:1:10: fatal error: b.h: No such file or directory'), {
    file: 'include/linux/a.h',
    line: 1,
  });
  t.match(first("/c/work/arch/x86/entry.S:9: Error: no such instruction: `foo'"), {
    file: 'arch/x86/entry.S',
    line: 9,
  });
  t.match(
    first("ld: mm/swapfile.o: in function `swapoff':", "/c/work/mm/swapfile.c:12: undefined reference to `gone'"),
    { file: 'mm/swapfile.c', line: 12, message: "undefined reference to `gone'" },
  );
  t.match(first("ld: mm/swapfile.o:(.text+0x5): undefined reference to `gone'"), {
    file: null,
    message: /undefined reference/,
  });
  t.match(first("make[1]: *** No rule to make target 'mm/gone.o', needed by 'mm/built-in.a'.  Stop."), {
    message: /^No rule to make target 'mm\/gone\.o'/,
  });
  t.equal(first(...noise), null);
});

t.test("faults of the host are separated from the kernel's", async (t) => {
  const trouble = (output: string) => hostTrouble('build x', output, '/c')?.code ?? null;
  t.equal(trouble('/c/obj/x.s: Fatal error: cannot write: No space left on device'), 'DISK_FULL');
  t.equal(trouble('gcc: fatal error: Killed signal terminated program cc1'), 'OUT_OF_MEMORY');
  t.equal(trouble('/bin/sh: 1: flex: not found'), 'PROGRAM_MISSING');
  t.equal(trouble("env: 'make': No such file or directory"), 'PROGRAM_MISSING');
  t.equal(trouble('x.c:1:10: fatal error: gelf.h: No such file or directory'), 'HEADER_MISSING');
  t.equal(trouble('mm/x.c:1:10: fatal error: linux/gone.h: No such file or directory'), null);
  t.equal(trouble("mm/x.c:1:1: error: 'swap' undeclared"), null);
});

t.test('the time left is that of the last build', async (t) => {
  t.equal(secondsLeft({ objects: 100, seconds: 50 }, 50), 25);
  t.equal(secondsLeft({ objects: 100, seconds: 50 }, 120), 0);
  t.equal(secondsLeft(null, 5), null);
});
