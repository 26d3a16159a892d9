// SPDX-License-Identifier: GPL-2.0-only
import { copyFile, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Kernel, KernelRecord } from '../model/kernel.ts';
import { HostError } from '../model/errors.ts';
import { errnoOf, exists, readTextIfExists, syncToDisk } from '../host/files.ts';
import { sha256File } from '../host/hash.ts';
import { cacheTempDir } from '../host/temp-dir.ts';

/** Files of an entry. `series.patch` holds all patches in order, for building the kernel again by hand. */
const FILES = {
  bzImage: 'bzImage',
  vmlinux: 'vmlinux',
  config: 'config',
  systemMap: 'System.map',
  buildLog: 'build.log',
  series: 'series.patch',
} as const;

/** Where the files of a new entry come from. */
export interface Artifacts {
  readonly bzImage: string;
  readonly vmlinux: string;
  readonly config: string;
  readonly systemMap: string;
  readonly buildLog: string;
  /** The patches themselves, as text. */
  readonly series: string;
}

export function entryDir(cacheDir: string, id: string): string {
  return join(cacheDir, 'kernels', id);
}

/**
 * Finds a kernel and checks the sha256 of all its files.
 *
 * @returns null when there is no such kernel.
 * @throws HostError `KERNEL_DAMAGED` naming the file and the fix.
 */
export async function findKernel(cacheDir: string, id: string, signal: AbortSignal): Promise<Kernel | null> {
  const dir = entryDir(cacheDir, id);
  if (!(await exists(dir))) return null;
  const record = await readRecord(dir, id);
  await Promise.all(
    Object.entries(record.artifacts).map(([name, expected]) => checkArtifact(dir, name, expected, signal)),
  );
  return kernelOf(dir, record);
}

async function readRecord(dir: string, id: string): Promise<KernelRecord> {
  const text = await readTextIfExists(join(dir, 'kernel.json'));
  if (text === null) throw damaged(dir, 'kernel.json is missing');
  try {
    const record = JSON.parse(text) as KernelRecord;
    const complete =
      record.id === id && Object.values(FILES).every((name) => typeof record.artifacts[name] === 'string');
    if (complete) return record;
  } catch {
    // Falls through: it is damaged.
  }
  throw damaged(dir, 'kernel.json does not describe this kernel');
}

async function checkArtifact(dir: string, name: string, expected: string, signal: AbortSignal): Promise<void> {
  const actual = await sha256File(join(dir, name), signal).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') throw damaged(dir, `${name} is missing`);
    throw error;
  });
  if (actual !== expected)
    throw damaged(dir, `${name} has changed since the build (sha256 ${actual}, not ${expected})`);
}

function damaged(dir: string, why: string): HostError {
  return new HostError('KERNEL_DAMAGED', `Cannot use kernel ${basename(dir)} of the cache: ${why}`, {
    hint: `rm -r ${dir}, then run again: it is rebuilt`,
  });
}

/**
 * Adds a kernel to the cache: its files first, its record last, all on the disk before the folder gets its name. A
 * folder with the name is a whole kernel, whenever the power fails.
 *
 * @param describe completes the record with what the artifacts' sums are.
 */
export async function publishKernel(
  cacheDir: string,
  artifacts: Artifacts,
  describe: (sums: Readonly<Record<string, string>>) => KernelRecord,
  signal: AbortSignal,
): Promise<Kernel> {
  await using staging = await cacheTempDir(cacheDir, 'kernel');
  const whole = join(staging.path, 'whole');
  await mkdir(whole);
  const { series, ...files } = artifacts;
  for (const [key, source] of Object.entries(files))
    await copyFile(source, join(whole, FILES[key as keyof typeof FILES]));
  await writeFile(join(whole, FILES.series), series);
  const sums: Record<string, string> = {};
  for (const name of (await readdir(whole)).sort()) sums[name] = await sha256File(join(whole, name), signal);
  const record = describe(sums);
  await writeFile(join(whole, 'kernel.json'), `${JSON.stringify(record, null, 2)}\n`);
  for (const name of [...Object.keys(sums), 'kernel.json']) await syncToDisk(join(whole, name));
  await syncToDisk(whole);
  const dir = entryDir(cacheDir, record.id);
  await mkdir(join(cacheDir, 'kernels'), { recursive: true });
  await rename(whole, dir);
  await syncToDisk(join(cacheDir, 'kernels'));
  return kernelOf(dir, record);
}

function kernelOf(dir: string, record: KernelRecord): Kernel {
  const { id, kernelVersion, buildId, codeSha256 } = record;
  return {
    id,
    kernelVersion,
    buildId,
    codeSha256,
    bzImage: join(dir, FILES.bzImage),
    vmlinux: join(dir, FILES.vmlinux),
    config: join(dir, FILES.config),
    systemMap: join(dir, FILES.systemMap),
    buildLog: join(dir, FILES.buildLog),
    record,
  };
}
