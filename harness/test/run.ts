// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs the test suite and ends with one plain line, `N passed, N failed`. Started by scripts/test.
 */
import { mkdtemp, readFile, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { makePrivateDir } from '../host/temp-dir.ts';
import { readTap } from './read-tap.ts';

const testDir = dirname(fileURLToPath(import.meta.url));
const root = resolve(testDir, '../..');

type Group = 'fast' | 'slow' | 'kernel' | 'night';
const SUFFIX: Readonly<Record<Group, string>> = {
  fast: '.test.ts',
  slow: '.slow.ts',
  kernel: '.kernel.ts',
  night: '.night.ts',
};

/** How long a file that boots kernels may take, builds included; one that takes longer hangs. */
const MOST_MINUTES: Readonly<Partial<Record<Group, number>>> = { kernel: 45, night: 360 };

const SHELL_SCRIPTS = ['scripts/run', 'scripts/test', 'scripts/map', 'scripts/swaprace', 'scripts/setup.sh', '.ci/run'];

interface Tally {
  passed: number;
  failed: number;
}

async function main(args: readonly string[]): Promise<number> {
  const [option, ...names] = args;
  const groups = groupsOf(option);
  if (groups === null) {
    process.stderr.write('usage: scripts/test [--fast | --slow | --kernel | --night] [NAME...]\n');
    return 129;
  }
  await using scratch = await makePrivateDir('tests');
  const bootLog = join(scratch.path, 'boots');
  const tally: Tally = { passed: 0, failed: 0 };
  if (groups.includes('fast')) for (const each of await checks()) count(tally, await check(each));
  for (const group of groups) add(tally, await runGroup(group, names, scratch.path, bootLog));
  const boots = await readFile(bootLog, 'utf8').catch(() => '');
  process.stdout.write(`\n${new Set(boots.split('\n').filter(Boolean)).size} tests booted a kernel\n`);
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`);
  return tally.failed > 0 || tally.passed === 0 ? 1 : 0;
}

function groupsOf(option: string | undefined): Group[] | null {
  if (option === undefined) return ['fast', 'slow', 'kernel'];
  const group = option.replace(/^--/, '') as Group;
  return group in SUFFIX ? [group] : null;
}

/** Checks of the text itself: commands that must exit with 0. */
async function checks(): Promise<readonly (readonly string[])[]> {
  const { stdout } = await execa('git', ['ls-files', '*.c', '*.h'], { cwd: root });
  const tool = (name: string): string => join(root, 'node_modules/.bin', name);
  return [
    [tool('tsc'), '--noEmit'],
    [tool('prettier'), '--log-level=warn', '--check', 'harness', 'scripts', 'eslint.config.js'],
    [tool('eslint'), '.'],
    ['clang-format', '--dry-run', '--Werror', ...stdout.split('\n')],
    ['shellcheck', '-x', ...SHELL_SCRIPTS],
  ];
}

async function check([program = '', ...args]: readonly string[]): Promise<boolean> {
  process.stdout.write(`${[basename(program), ...args.slice(0, 4)].join(' ')}\n`);
  const result = await execa(program, args, { cwd: root, reject: false, stdio: 'inherit' });
  return result.exitCode === 0;
}

/**
 * Files that boot kernels run one at a time, each reported as it ends: concurrent guests on few cores disturb what is
 * measured. The others share the cores.
 *
 * @param names parts of the names of those that are run; all when there are none.
 */
async function runGroup(group: Group, names: readonly string[], scratch: string, bootLog: string): Promise<Tally> {
  const files = (await readdir(testDir, { recursive: true }))
    .filter((file) => file.endsWith(SUFFIX[group]) && (names.length === 0 || names.some((name) => file.includes(name))))
    .sort();
  const tally: Tally = { passed: 0, failed: 0 };
  if (files.length === 0) return tally;
  process.stdout.write(`\n${group}: ${files.length} files\n`);
  const minutes = MOST_MINUTES[group];
  const batches = minutes === undefined ? [files] : files.map((file) => [file]);
  for (const batch of batches) add(tally, await runFiles(batch, minutes, scratch, bootLog));
  return tally;
}

async function runFiles(
  files: readonly string[],
  minutes: number | undefined,
  scratch: string,
  bootLog: string,
): Promise<Tally> {
  const output = join(await mkdtemp(join(scratch, 'files-')), 'output.tap');
  const limit = minutes === undefined ? [] : [`--timeout=${minutes * 60}`];
  const result = await execa(
    join(root, 'node_modules/.bin/tap'),
    [
      'run',
      '--reporter=silent',
      `--output-file=${output}`,
      ...limit,
      ...files.map((file) => join('harness/test', file)),
    ],
    { cwd: root, reject: false, stdio: ['ignore', 'inherit', 'inherit'], env: { SWAPRACE_BOOT_LOG: bootLog } },
  );
  const tally: Tally = { passed: 0, failed: 0 };
  for (const { name, ok, details, ...tests } of readTap(await readFile(output, 'utf8').catch(() => ''))) {
    add(tally, tests);
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name}\n`);
    if (!ok) process.stdout.write(details.map((line) => `    ${line}\n`).join(''));
  }
  // A runner that failed without a failed test (a crash, a file that does not load) must not pass.
  if (result.exitCode !== 0 && tally.failed === 0) tally.failed++;
  return tally;
}

function add(tally: Tally, more: Tally): void {
  tally.passed += more.passed;
  tally.failed += more.failed;
}

function count(tally: Tally, ok: boolean): void {
  add(tally, ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
}

process.exitCode = await main(process.argv.slice(2));
