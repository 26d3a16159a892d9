// SPDX-License-Identifier: GPL-2.0-only
import type { SourceSpec, SourceTree } from '../model/kernel.ts';
import { SourceError } from '../model/errors.ts';
import { run, start, tail } from '../host/process.ts';
import { findTree, makeTree, type SourceOptions } from './store.ts';
import { formatSourceSpec } from './spec.ts';
import { unpackTree } from './untar.ts';

type GitSpec = Extract<SourceSpec, { kind: 'git' }>;

/**
 * The user's repository is only read: no optional locks, no automatic maintenance, no objects fetched into a partial
 * clone.
 */
const READ_ONLY = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
} as const;

/** Options before git's command, so that a commit's bytes do not depend on the user's settings. */
function gitArguments(path: string, args: readonly string[]): string[] {
  const settings = [
    'core.fsmonitor=false',
    'gc.auto=0',
    'maintenance.auto=false',
    'core.autocrlf=false',
    'core.eol=lf',
  ];
  return ['-C', path, '--no-pager', ...settings.flatMap((setting) => ['-c', setting]), ...args];
}

/**
 * Runs a read-only git command and returns its standard output.
 *
 * @param what it is needed for: `use git:/src/linux#v6.1`.
 * @throws SourceError `GIT_FAILED` with git's own words.
 */
export async function gitOutput(
  path: string,
  args: readonly string[],
  what: string,
  signal: AbortSignal,
): Promise<string> {
  const result = await run('git', gitArguments(path, args), { env: READ_ONLY, signal });
  if (result.exitCode === 0) return result.stdout;
  throw gitFailed(what, result.stderr);
}

/** Takes the tree of one commit out of a repository. Equal trees have one id, whichever commit they come from. */
export async function prepareGit(spec: GitSpec, options: SourceOptions): Promise<SourceTree> {
  const what = `use ${formatSourceSpec(spec)}`;
  const revParse = async (rev: string) =>
    (
      await gitOutput(
        spec.path,
        ['rev-parse', '--verify', '--quiet', '--end-of-options', rev],
        `${what}: no such revision`,
        options.signal,
      )
    ).trim();
  const commit = await revParse(`${spec.rev}^{commit}`);
  const id = `git-${(await revParse(`${commit}^{tree}`)).slice(0, 16)}`;
  const lookup = () => findTree(options.cacheDir, id);
  return (
    (await lookup()) ??
    makeTree(formatSourceSpec(spec), options, lookup, async (dir) => {
      await unpackCommit(spec.path, commit, dir, what, options.signal);
      return { id, provenance: { kind: 'git', path: spec.path, rev: spec.rev, commit } };
    })
  );
}

async function unpackCommit(
  path: string,
  commit: string,
  dir: string,
  what: string,
  signal: AbortSignal,
): Promise<void> {
  const child = start('git', gitArguments(path, ['archive', '--format=tar', commit]), { env: READ_ONLY, signal });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk));
  const [unpacked, result] = await Promise.allSettled([
    unpackTree(child.stdout, dir, { label: `commit ${commit}`, signal }),
    child,
  ]);
  if (result.status === 'fulfilled' && result.value.exitCode !== 0 && complaint !== '')
    throw gitFailed(what, complaint);
  if (unpacked.status === 'rejected') throw unpacked.reason;
}

function gitFailed(what: string, words: string): SourceError {
  return new SourceError('GIT_FAILED', `Cannot ${what}${words.trim() === '' ? '' : `: ${tail(words, 1)}`}`, {
    hint: 'the path must be a readable repository that contains the revision',
    details: tail(words, 10),
  });
}
