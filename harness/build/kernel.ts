// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgressListener } from '../model/events.ts';
import type {
  Configurator,
  Fragment,
  Kernel,
  KernelRecord,
  PatchedFiles,
  Series,
  SourceTree,
  TreePatcher,
} from '../model/kernel.ts';
import { BuildError } from '../model/errors.ts';
import { exists, readSummed, readTextIfExists, withHostErrors, writeFileAtomic, writeSummed } from '../host/files.ts';
import { sha256 } from '../host/hash.ts';
import { acquireLock, holderText, type HeldLock } from '../host/lock.ts';
import { compile } from './compile.ts';
import { identifyElf } from './elf.ts';
import { entryDir, findKernel, publishKernel } from './entry.ts';
import { buildFolders, type BuildFolders } from './folders.ts';
import { recoverInterrupted } from './interrupted.ts';
import { configKey, kernelId, planBuild, type BuildInputs, type BuildPlan } from './plan.ts';
import { expectedEffort, recordEffort, type BuildEffort, type BuildKind } from './progress.ts';
import { detectToolchain } from './toolchain.ts';
import { checkCopy, materialise } from './workcopy.ts';

export interface BuildRequest {
  readonly tree: SourceTree;
  /** Applied in order. */
  readonly series: readonly Series[];
  /** Later ones win. */
  readonly fragments: readonly Fragment[];
  readonly cacheDir: string;
  /** For messages and events; not part of the kernel's id. */
  readonly variantId: string;
  readonly signal: AbortSignal;
  readonly onEvent: ProgressListener;
  /** What other stages do for this one. */
  readonly steps: { readonly patchTree: TreePatcher; readonly configure: Configurator };
}

export interface BuildResult {
  readonly kernel: Kernel;
  /** True when the kernel was in the cache. */
  readonly cached: boolean;
  /** Wall-clock time of the whole call. */
  readonly seconds: number;
}

/**
 * Takes a variant's kernel from the cache, or builds it. One kernel is built at a time in one cache.
 *
 * @throws SourceError a series does not apply; BuildError Kconfig or the compiler refuses; HostError the disk is full,
 * a
 *   cached kernel is damaged, a program is missing. The next call resumes an interrupted build.
 */
export async function buildKernel(request: BuildRequest): Promise<BuildResult> {
  const started = performance.now();
  const { kernel, cached } = await withHostErrors(`build variant ${request.variantId}`, request.cacheDir, () =>
    findOrBuild(request),
  );
  const seconds = (performance.now() - started) / 1000;
  request.onEvent({ kind: 'build-done', variant: request.variantId, kernelId: kernel.id, seconds, cached });
  return { kernel, cached, seconds };
}

type Found = Omit<BuildResult, 'seconds'>;

/** What is known about a kernel before it is built. */
export interface KernelForecast {
  readonly plan: BuildPlan;
  /** Null when its configuration does not exist yet: the id depends on it. */
  readonly id: string | null;
  /** Whether the cache has the kernel. */
  readonly built: boolean;
}

/** What `buildKernel` would do, for a dry run: applies the series to copies, runs no make, takes no lock. */
export async function forecastKernel(request: BuildRequest): Promise<KernelForecast> {
  const { inputs, config } = await identify(request);
  const id = config === null ? null : kernelId(inputs, config);
  return { plan: planBuild(inputs), id, built: id !== null && (await exists(entryDir(request.cacheDir, id))) };
}

interface Identity {
  readonly inputs: BuildInputs;
  readonly files: PatchedFiles;
  readonly configFile: string;
  /** Null when this configuration does not exist yet. */
  readonly config: string | null;
}

async function identify({ steps, ...request }: BuildRequest): Promise<Identity> {
  const { tree, series, cacheDir, signal } = request;
  const inputs: BuildInputs = { ...request, toolchain: await detectToolchain(signal) };
  const files = await steps.patchTree({ tree, series, cacheDir, signal });
  const configFile = join(cacheDir, 'configs', configKey(inputs, files));
  return { inputs, files, configFile, config: await readSummed(configFile) };
}

async function findOrBuild(request: BuildRequest): Promise<Found> {
  const identity = await identify(request);
  const { inputs, config } = identity;
  const kernel = config === null ? null : await findKernel(request.cacheDir, kernelId(inputs, config), request.signal);
  if (kernel !== null) return { kernel, cached: true };
  await using _lock = await lockBuilds(request);
  return await buildLocked(request, identity);
}

function lockBuilds({ cacheDir, variantId, signal, onEvent }: BuildRequest): Promise<HeldLock> {
  return acquireLock(join(cacheDir, 'build.lock'), {
    purpose: `build ${variantId}`,
    signal,
    onWait: (holder) =>
      onEvent({ kind: 'note', message: `Waiting to build ${variantId}: ${holderText(holder)} builds in this cache` }),
  });
}

async function buildLocked(request: BuildRequest, { inputs, files, configFile }: Identity): Promise<Found> {
  const { tree, cacheDir, signal, variantId, onEvent } = request;
  const folders = buildFolders(cacheDir, tree.id);
  const resumed = await recoverInterrupted(folders);
  if (resumed) onEvent({ kind: 'note', message: `Resuming an interrupted build of Linux ${tree.kernelVersion}` });
  await materialise(tree, files, folders, cacheDir, signal);
  const config = (await readSummed(configFile)) ?? (await makeConfig(request, folders, configFile));
  const id = kernelId(inputs, config);
  // Another process may have built it while this one waited for the lock.
  const kernel = await findKernel(cacheDir, id, signal);
  if (kernel !== null) return { kernel, cached: true };
  onEvent({ kind: 'phase', name: 'build', detail: `${variantId}: Linux ${tree.kernelVersion}` });
  return { kernel: await make(request, inputs, folders, { id, config, files }), cached: false };
}

async function makeConfig(
  { steps, tree, fragments, cacheDir, variantId, signal, onEvent }: BuildRequest,
  folders: BuildFolders,
  configFile: string,
): Promise<string> {
  onEvent({ kind: 'phase', name: 'configure', detail: `${variantId}: Linux ${tree.kernelVersion}` });
  const { sourceDir, objectDir } = folders;
  await mkdir(objectDir, { recursive: true });
  const config = await steps.configure({
    sourceDir,
    objectDir,
    kernelVersion: tree.kernelVersion,
    fragments,
    cacheDir,
    signal,
  });
  await writeSummed(configFile, config);
  return config;
}

async function make(
  request: BuildRequest,
  inputs: BuildInputs,
  folders: BuildFolders,
  { id, config, files }: { readonly id: string; readonly config: string; readonly files: PatchedFiles },
): Promise<Kernel> {
  const { tree, cacheDir } = request;
  const dotConfig = join(folders.objectDir, '.config');
  if ((await readTextIfExists(dotConfig)) !== config) await writeFileAtomic(dotConfig, config);
  const logFile = join(cacheDir, 'logs', `${id}.log`);
  await mkdir(join(cacheDir, 'logs'), { recursive: true });
  const kind: BuildKind = (await exists(join(folders.objectDir, 'vmlinux'))) ? 'warm' : 'cold';
  const [expected, alreadyDone] = await Promise.all([
    expectedEffort(cacheDir, tree.id, kind),
    kind === 'cold' ? countObjects(folders.objectDir) : 0,
  ]);
  const effort = await compile({ ...request, folders, logFile, expected, alreadyDone });
  await checkConfigKept(dotConfig, config);
  await checkCopy(tree, files, folders);
  // The rest of an interrupted build does not show the time of a whole one.
  if (alreadyDone === 0) await recordEffort(cacheDir, tree.id, kind, effort);
  const kernel = await publish(request, inputs, folders, { id, config, logFile, effort });
  await rm(logFile);
  return kernel;
}

/** Kbuild completes an incomplete configuration; the result would not be the one that the id was computed from. */
async function checkConfigKept(dotConfig: string, config: string): Promise<void> {
  if ((await readTextIfExists(dotConfig)) === config) return;
  throw new BuildError('CONFIG_CHANGED', `Cannot keep the kernel: make changed ${dotConfig} while it built`, {
    hint: 'run again; if it happens again, the tree has a symbol that `make olddefconfig` does not set',
  });
}

/** Objects in a folder without vmlinux: what an interrupted build had finished. */
async function countObjects(objectDir: string): Promise<number> {
  if (!(await exists(objectDir))) return 0;
  const names = await readdir(objectDir, { recursive: true });
  return names.filter((name) => name.endsWith('.o') && !/(^|\/)(scripts|tools)\/|(vmlinux|built-in|\.tmp_)/.test(name))
    .length;
}

async function publish(
  { tree, series, cacheDir, signal }: BuildRequest,
  inputs: BuildInputs,
  { objectDir }: BuildFolders,
  built: { readonly id: string; readonly config: string; readonly logFile: string; readonly effort: BuildEffort },
): Promise<Kernel> {
  const vmlinux = join(objectDir, 'vmlinux');
  const { buildId, codeSha256 } = identifyElf(await readFile(vmlinux), vmlinux);
  if (buildId === null)
    throw new BuildError(
      'NO_BUILD_ID',
      `Cannot keep the kernel: ${vmlinux} has no build id, so a guest cannot prove that it runs this kernel`,
      { hint: 'build with an ld that knows --build-id' },
    );
  const plan = planBuild(inputs);
  const describe = (artifacts: Readonly<Record<string, string>>): KernelRecord => ({
    id: built.id,
    kernelVersion: tree.kernelVersion,
    source: { id: tree.id, ...tree.provenance },
    series: plan.series,
    configSha256: sha256(built.config),
    ...inputs.toolchain,
    buildId,
    codeSha256,
    artifacts,
    commands: [`cd ${entryDir(cacheDir, built.id)}`, ...plan.commands],
    buildSeconds: Math.round(built.effort.seconds * 10) / 10,
    objects: built.effort.objects,
  });
  const artifacts = {
    bzImage: join(objectDir, 'arch', 'x86', 'boot', 'bzImage'),
    vmlinux,
    config: join(objectDir, '.config'),
    systemMap: join(objectDir, 'System.map'),
    buildLog: built.logFile,
    series: series.flatMap((one) => one.patches.map((patch) => patch.text.replace(/\n*$/, '\n'))).join(''),
  };
  return publishKernel(cacheDir, artifacts, describe, signal);
}
