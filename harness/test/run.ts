// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs the test suite and ends with one plain line, `N passed, N failed`. Started by scripts/test.
 */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const testDir = dirname(fileURLToPath(import.meta.url));
const root = resolve(testDir, '../..');

type Group = 'fast' | 'slow' | 'kernel' | 'night';
const SUFFIX: Readonly<Record<Group, string>> = {
  fast: '.test.ts',
  slow: '.slow.ts',
  kernel: '.kernel.ts',
  night: '.night.ts',
};

/** How long a file that boots kernels may take, with the builds of those that it needs first: more, and it hangs. */
const MOST_MINUTES: Readonly<Partial<Record<Group, number>>> = { kernel: 45, night: 360 };

const SHELL_SCRIPTS = ['scripts/run', 'scripts/test', 'scripts/map', 'scripts/swaprace', 'scripts/setup.sh', '.ci/run'];

interface Tally {
  passed: number;
  failed: number;
}

async function main(args: readonly string[]): Promise<number> {
  const groups = groupsOf(args);
  if (groups === null) {
    process.stderr.write('usage: scripts/test [--fast | --slow | --kernel | --night]\n');
    return 129;
  }
  const scratch = await mkdtemp(join(tmpdir(), 'swaprace-tests-'));
  const bootLog = join(scratch, 'boots');
  const tally: Tally = { passed: 0, failed: 0 };
  try {
    if (groups.includes('fast')) for (const each of await checks()) count(tally, await check(each));
    for (const group of groups) add(tally, await runGroup(group, scratch, bootLog));
    const boots = await readFile(bootLog, 'utf8').catch(() => '');
    process.stdout.write(`\n${new Set(boots.split('\n').filter(Boolean)).size} tests booted a kernel\n`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`);
  return tally.failed > 0 || tally.passed === 0 ? 1 : 0;
}

function groupsOf(args: readonly string[]): Group[] | null {
  if (args.length === 0) return ['fast', 'slow', 'kernel'];
  if (args.length > 1) return null;
  const group = args[0]?.replace(/^--/, '') as Group;
  return group in SUFFIX ? [group] : null;
}

/** What machines check of the text itself, each a command that ends with 0. */
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
 * Files that boot kernels run one at a time, for guests beside each other on few cores disturb what is measured, and
 * each is told of as it ends. The others share what cores there are.
 */
async function runGroup(group: Group, scratch: string, bootLog: string): Promise<Tally> {
  const files = (await readdir(testDir, { recursive: true })).filter((file) => file.endsWith(SUFFIX[group])).sort();
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
  const tap = await readFile(output, 'utf8').catch(() => '');
  for (const line of summaryOf(tap)) process.stdout.write(`${line}\n`);
  const tally = tallyOf(tap);
  // A runner that failed without a failed test (a crash, a file that does not load) must not pass.
  if (result.exitCode !== 0 && tally.failed === 0) tally.failed++;
  return tally;
}

/** Counts the tests of each file: the points one level below the file's own. */
function tallyOf(tap: string): Tally {
  const points = [...tap.matchAll(/^ {4}(not )?ok \d+/gm)];
  const failed = points.filter((point) => point[1] !== undefined).length;
  return { passed: points.length - failed, failed };
}

/** A line for each file, and everything that was said about what failed. */
function summaryOf(tap: string): string[] {
  const lines: string[] = [];
  let failing = false;
  for (const line of tap.split('\n')) {
    const point = /^( *)(not ok|ok) \d+ - (.*)$/.exec(line);
    if (point !== null) failing = point[2] === 'not ok';
    if (point !== null && point[1] === '') lines.push(`${point[2] === 'ok' ? 'ok    ' : 'FAILED'} ${point[3]}`);
    else if (failing && line.trim() !== '') lines.push(line);
  }
  return lines;
}

function add(tally: Tally, more: Tally): void {
  tally.passed += more.passed;
  tally.failed += more.failed;
}

function count(tally: Tally, ok: boolean): void {
  add(tally, ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
}

process.exitCode = await main(process.argv.slice(2));
