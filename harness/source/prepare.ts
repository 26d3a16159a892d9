// SPDX-License-Identifier: GPL-2.0-only
import type { SourceSpec, SourceTree } from '../model/kernel.ts';
import { withHostErrors } from '../host/files.ts';
import { prepareDeb } from './deb.ts';
import { prepareDir } from './dir.ts';
import { prepareGit } from './git.ts';
import { formatSourceSpec } from './spec.ts';
import type { SourceOptions } from './store.ts';
import { prepareTarball } from './tarball.ts';

/** A source that has a tree; a prebuilt kernel has none. */
export type TreeSpec = Exclude<SourceSpec, { kind: 'prebuilt' }>;

/**
 * Brings a pristine tree into the cache, once for its content; all variants and clones share it.
 *
 * @throws SourceError what was asked for is not there, is damaged, is no kernel, or has another sha256.
 * @throws HostError the disk is full, a program is missing, the network does not answer.
 */
export async function prepareSource(spec: TreeSpec, options: SourceOptions): Promise<SourceTree> {
  return withHostErrors(`prepare ${formatSourceSpec(spec)}`, options.cacheDir, () => prepare(spec, options));
}

function prepare(spec: TreeSpec, options: SourceOptions): Promise<SourceTree> {
  switch (spec.kind) {
    case 'deb':
      return prepareDeb(spec, options);
    case 'tarball':
      return prepareTarball(spec, options);
    case 'git':
      return prepareGit(spec, options);
    case 'dir':
      return prepareDir(spec, options);
  }
}
