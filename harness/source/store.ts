// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { ProgressListener } from '../model/events.ts';
import type { SourceTree } from '../model/kernel.ts';
import { HostError, SourceError } from '../model/errors.ts';
import { exists, parseNote, readTextIfExists, syncToDisk, writeFileAtomic } from '../host/files.ts';
import { acquireLock, holderText } from '../host/lock.ts';
import { closedEnvironment } from '../host/make.ts';
import { run, runOk, tail } from '../host/process.ts';
import { cacheTempDir } from '../host/temp-dir.ts';
import { contentOfTree, stateOfTree } from '../host/tree-files.ts';

export interface SourceOptions {
  readonly cacheDir: string;
  /** Nothing is fetched: what is in the cache is used, and what is missing is an error. */
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: ProgressListener;
}

export type Provenance = Readonly<Record<string, string>>;

/** `sources/<id>/sums.json`: what shows that a tree is still what was unpacked. */
const sumsSchema = z.object({
  content: z.string(),
  /** Dates and inodes: where these are the same, nothing has to be read. */
  state: z.string(),
});

/**
 * Finds a tree by its id; null when it was never unpacked.
 *
 * @throws HostError `CACHE_DAMAGED` when its record is, or when its files are not those that were unpacked.
 */
export async function findTree(id: string, options: SourceOptions): Promise<SourceTree | null> {
  const dir = join(options.cacheDir, 'sources', id);
  const text = await readTextIfExists(join(dir, 'source.json'));
  if (text === null) return null;
  const stored = { ...parseTree(text, dir), path: join(dir, 'tree') };
  await checkTree(stored, dir, options);
  return stored;
}

async function checkTree({ id, path }: SourceTree, dir: string, { cacheDir, signal }: SourceOptions): Promise<void> {
  const noted = parseNote(sumsSchema, await readTextIfExists(join(dir, 'sums.json')));
  if ((await stateOfTree(path)) === noted?.state) return;
  // The cache was copied, or files were written: only their content says which.
  const sums = await sumsOf(path, signal);
  if (noted !== null && noted.content !== sums.content)
    throw new HostError('CACHE_DAMAGED', `Cannot use the source in ${dir}: files have changed since it was unpacked`, {
      hint: `rm -r ${dir} ${join(cacheDir, 'trees', id)}, then run again: it is unpacked again`,
    });
  await writeFileAtomic(join(dir, 'sums.json'), JSON.stringify(sums));
}

async function sumsOf(tree: string, signal: AbortSignal): Promise<z.infer<typeof sumsSchema>> {
  return { content: await contentOfTree(tree, signal), state: await stateOfTree(tree) };
}

/** What `fill` unpacked, and its id: some ids are known only once the content is. */
export interface Filled {
  readonly id: string;
  readonly provenance: Provenance;
}

/**
 * Makes a tree in the cache: `fill` unpacks into an empty folder, which becomes visible whole or not at all.
 *
 * @param name of the source, for the lock and for messages.
 * @param lookup finds the tree when another process made it while this one waited.
 * @throws SourceError `NOT_A_KERNEL_TREE`.
 */
export async function makeTree(
  name: string,
  options: SourceOptions,
  lookup: () => Promise<SourceTree | null>,
  fill: (dir: string) => Promise<Filled>,
): Promise<SourceTree> {
  const { cacheDir, signal, onEvent } = options;
  await using _lock = await acquireLock(join(cacheDir, 'sources', 'lock'), {
    purpose: `unpack ${name}`,
    signal,
    onWait: (holder) =>
      onEvent({ kind: 'note', message: `Waiting for ${holderText(holder)} to finish with the sources` }),
  });
  const made = await lookup();
  if (made !== null) return made;
  onEvent({ kind: 'phase', name: 'source', detail: `unpacking ${name}` });
  await using staging = await cacheTempDir(cacheDir, 'source');
  const content = join(staging.path, 'content');
  await mkdir(content);
  const { id, provenance } = await fill(content);
  const known = await findTree(id, options);
  if (known !== null) return known;
  // Awaited here: the folder and the lock go away on return.
  return await publish(cacheDir, staging.path, await rootOf(content, name), { id, provenance }, signal);
}

async function publish(
  cacheDir: string,
  staging: string,
  root: string,
  { id, provenance }: Filled,
  signal: AbortSignal,
): Promise<SourceTree> {
  const kernelVersion = await readKernelVersion(root, signal);
  const whole = join(staging, 'whole');
  await mkdir(whole);
  await rename(root, join(whole, 'tree'));
  await writeFileAtomic(join(whole, 'source.json'), `${JSON.stringify({ id, kernelVersion, provenance }, null, 2)}\n`);
  const dir = join(cacheDir, 'sources', id);
  await mkdir(dirname(dir), { recursive: true });
  // A folder without a record, as one that was partly removed.
  if (await exists(dir)) await rename(dir, join(staging, 'remains'));
  // The whole file system: one by one, 80,000 files would take minutes.
  await runOk('sync', ['-f', whole], { signal });
  await rename(whole, dir);
  await syncToDisk(dirname(dir));
  await writeFileAtomic(join(dir, 'sums.json'), JSON.stringify(await sumsOf(join(dir, 'tree'), signal)));
  return { id, path: join(dir, 'tree'), kernelVersion, provenance };
}

/** Archives wrap the tree in a folder of any name. */
async function rootOf(dir: string, name: string): Promise<string> {
  if (await exists(join(dir, 'Makefile'))) return dir;
  const [only, ...others] = await readdir(dir);
  const inner = only === undefined ? dir : join(dir, only);
  if (others.length === 0 && (await exists(join(inner, 'Makefile'))) && (await stat(inner)).isDirectory()) return inner;
  throw notAKernel(name, 'there is no Makefile in it');
}

/**
 * The version of a tree, as `make kernelversion` prints it: `6.1.192`.
 *
 * @throws SourceError `NOT_A_KERNEL_TREE`.
 */
export async function readKernelVersion(root: string, signal: AbortSignal): Promise<string> {
  const [file, ...args] = closedEnvironment([
    'make',
    '-s',
    '--no-print-directory',
    '-C',
    root,
    'ARCH=x86_64',
    'kernelversion',
  ]);
  const result = await run(file, args, { signal });
  const version = result.stdout.trim();
  if (result.exitCode === 127)
    throw new HostError('PROGRAM_MISSING', 'Cannot read the version of a source: make is not installed', {
      hint: '`scripts/run --setup-only` installs it',
    });
  if (result.exitCode === 0 && /^\d+\.\d+/.test(version)) return version;
  throw notAKernel(basename(root), '`make kernelversion` prints no version', tail(result.stderr || result.stdout, 5));
}

function notAKernel(name: string, why: string, details?: string): SourceError {
  return new SourceError('NOT_A_KERNEL_TREE', `Cannot use ${name} as a source: ${why}`, {
    hint: 'give the top folder of a Linux tree, or an archive of one',
    ...(details === undefined ? {} : { details }),
  });
}

function parseTree(text: string, dir: string): Omit<SourceTree, 'path'> {
  try {
    const { id, kernelVersion, provenance } = JSON.parse(text) as SourceTree;
    if (id === basename(dir) && typeof kernelVersion === 'string') return { id, kernelVersion, provenance };
  } catch {
    // Falls through: it is damaged.
  }
  throw new HostError('CACHE_DAMAGED', `Cannot use the source in ${dir}: its source.json is damaged`, {
    hint: `rm -r ${dir}, then run again: it is unpacked again`,
  });
}

/** @throws SourceError `CHECKSUM_MISMATCH` when a pin is given and differs. */
export function checkPin(what: string, expected: string | null, actual: string): void {
  if (expected === null || expected === actual) return;
  throw new SourceError(
    'CHECKSUM_MISMATCH',
    `Cannot use ${what}: its sha256 is ${actual}, the plan wants ${expected}`,
    {
      hint: 'fetch the right file, or correct the pin when the change is meant',
    },
  );
}
