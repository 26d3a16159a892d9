// SPDX-License-Identifier: GPL-2.0-only
import type { Fragment, PatchedFiles, Series, SourceTree } from '../model/kernel.ts';
import { sha256, sha256Json } from '../host/hash.ts';
import { makeArguments, makeJobs } from '../host/make.ts';
import { shellText, shellWord } from '../host/shell.ts';
import type { Toolchain } from './toolchain.ts';

/** Raised when the harness builds differently from equal inputs, so that kernels of before are not reused. */
const RECIPE = 1;

/** Everything that a kernel is made from, before anything runs. What `--dry-run` prints. */
export interface BuildPlan {
  readonly variant: string;
  /** Id and version of the source. */
  readonly source: string;
  readonly kernelVersion: string;
  readonly series: readonly { readonly name: string; readonly sha256: string }[];
  readonly fragments: readonly { readonly name: string; readonly sha256: string }[];
  readonly compiler: string;
  readonly binutils: string;
  /** The commands that build the kernel. */
  readonly commands: readonly string[];
}

export interface BuildInputs {
  readonly variantId: string;
  readonly tree: SourceTree;
  readonly series: readonly Series[];
  readonly fragments: readonly Fragment[];
  readonly toolchain: Toolchain;
}

/** What will be built, and how. Pure. */
export function planBuild({ variantId, tree, series, fragments, toolchain }: BuildInputs): BuildPlan {
  return {
    variant: variantId,
    source: tree.id,
    kernelVersion: tree.kernelVersion,
    series: series.map((one) => ({ name: one.name, sha256: seriesSha256(one) })),
    fragments: fragments.map((one) => ({ name: one.name, sha256: sha256Json(one.requests) })),
    ...toolchain,
    commands: reproduceCommands(tree, series),
  };
}

/** sha256 of what a series does: its patches in order, not their names. Pure. */
export function seriesSha256(series: Series): string {
  return sha256Json(series.patches.map((patch) => patch.text));
}

/** The kernel's id. Pure. */
export function kernelId(inputs: Pick<BuildInputs, 'tree' | 'series' | 'toolchain'>, config: string): string {
  const { tree, series, toolchain } = inputs;
  return sha256Json([
    RECIPE,
    tree.id,
    series.map(seriesSha256),
    sha256(config),
    toolchain.compiler,
    toolchain.binutils,
  ]).slice(0, 16);
}

/** Files that Kconfig reads or runs: its result depends on them. */
const CONFIGURING = /(?:^|\/)(?:Kconfig|Makefile|Kbuild)|^scripts\//;

/** Names a finished configuration: everything that Kconfig's answer depends on. Pure. */
export function configKey({ tree, fragments, toolchain }: BuildInputs, files: PatchedFiles): string {
  const patched = [...files]
    .filter(([name]) => CONFIGURING.test(name))
    .map(([name, file]) => [name, file === null ? null : sha256(file.content)]);
  const requests = fragments.map((fragment) =>
    fragment.requests.map(({ symbol, value, from, until }) => [symbol, value, from, until]),
  );
  return sha256Json([RECIPE, tree.id, requests, patched, toolchain]).slice(0, 16);
}

/** Objects contain no folder names: any folder will do. */
const REPRODUCE_IN = '/var/tmp/swaprace';

/** Commands that build a kernel again from its source; to be pasted in the kernel's cache folder. Pure. */
export function reproduceCommands(tree: SourceTree, series: readonly Series[]): string[] {
  const patched = series.some((one) => one.patches.length > 0);
  const folders = { sourceDir: `${REPRODUCE_IN}/linux`, objectDir: `${REPRODUCE_IN}/objects` };
  return [
    `mkdir -p ${folders.sourceDir} ${folders.objectDir}`,
    `cp config ${folders.objectDir}/.config`,
    ...(patched ? [`cp series.patch ${REPRODUCE_IN}/`] : []),
    `cd ${REPRODUCE_IN}`,
    ...sourceCommands(tree),
    ...(patched ? ['patch -d linux -p1 --fuzz=0 < series.patch'] : []),
    `env -i PATH="$PATH" LC_ALL=C ${shellText(['make', ...makeArguments(folders, ['bzImage'], { jobs: makeJobs() })])}`,
  ];
}

/** An archive wraps the tree in a folder. */
const INTO = '-C linux --strip-components=1';

function sourceCommands({ provenance }: SourceTree): string[] {
  const of = (key: string) => provenance[key] ?? '';
  switch (provenance['kind']) {
    case 'deb':
      return [
        `apt-get download ${of('package')}=${of('version')}`,
        `dpkg-deb --fsys-tarfile ${of('package')}_*.deb | tar -xO --wildcards './usr/src/*.tar.*' | tar -xJ ${INTO}`,
      ];
    case 'tarball': {
      const file = shellWord(of('location').split('/').at(-1) ?? '');
      return [`tar -xf ${file} ${INTO}  # ${of('location')}, sha256 ${of('sha256')}`];
    }
    case 'git':
      return [`git -C ${shellWord(of('path'))} archive ${of('commit')} | tar -x -C linux`];
    default:
      return [`cp -a ${shellWord(`${of('path')}/.`)} linux/  # content sha256 ${of('sha256')}`];
  }
}
