// SPDX-License-Identifier: GPL-2.0-only
import type { SourceSpec, SourceTree } from '../model/kernel.ts';
import { SourceError } from '../model/errors.ts';
import { errnoOf } from '../host/files.ts';
import { gitEnvironment, trustedFolders } from '../host/git.ts';
import { bounded, keepTail, start, tail } from '../host/process.ts';
import {
  EXECUTABLE,
  FOLDER,
  LINK,
  ObjectReader,
  parseListing,
  SUBMODULE,
  wrongFolder,
  type TreeEntry,
} from './git-objects.ts';
import { findTree, makeTree, type SourceOptions } from './store.ts';
import { formatSourceSpec } from './spec.ts';
import { MOST_FILE_BYTES, TreeWriter, type EntryHeader } from './untar.ts';

type GitSpec = Extract<SourceSpec, { kind: 'git' }>;

/** Options before git's command: the repository's own settings must start no program. */
const NO_PROGRAMS = ['core.fsmonitor=false', 'core.attributesFile=/dev/null', 'gc.auto=0', 'maintenance.auto=false'];

/** The listing of a kernel's tree has 8 MB. */
const MOST_OUTPUT_BYTES = 256 << 20;

/** Runs git commands that only read one repository; what they print depends on its objects alone. */
class Repository {
  private constructor(
    readonly path: string,
    private readonly trusted: readonly string[],
    private readonly signal: AbortSignal,
  ) {}

  static async open(path: string, signal: AbortSignal): Promise<Repository> {
    return new Repository(path, await trustedFolders(signal), signal);
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Git {
    const settings = NO_PROGRAMS.flatMap((setting) => ['-c', setting]);
    return start('git', ['-C', this.path, '--no-pager', ...this.trusted, ...settings, ...args], {
      env: { ...gitEnvironment(), ...env },
      signal: this.signal,
    });
  }

  /** @throws SourceError `GIT_FAILED` with git's own words. */
  async output(args: readonly string[], what: string, env: Readonly<Record<string, string>> = {}): Promise<Buffer> {
    const child = this.start(args, env);
    const complaint = keepTail(child.stderr);
    child.stdin.end();
    const [output, { exitCode }] = await Promise.all([
      bounded(child.stdout, MOST_OUTPUT_BYTES, `git ${args[0]} in ${this.path}`),
      child,
    ]).finally(() => child.kill('SIGKILL'));
    this.signal.throwIfAborted();
    if (exitCode !== 0) throw gitFailed(what, complaint());
    return output;
  }
}

type Git = ReturnType<typeof start>;

/**
 * Runs a read-only git command and returns its standard output.
 *
 * @param what it is needed for: `use git:/src/linux#v6.1`.
 * @param env an index that is not the repository's, say.
 * @throws SourceError `GIT_FAILED` with git's own words.
 */
export async function gitOutput(
  path: string,
  args: readonly string[],
  what: string,
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return (await (await Repository.open(path, signal)).output(args, what, env)).toString('utf8');
}

/** Takes the tree of one commit out of a repository. Equal trees have one id, whichever commit they come from. */
export async function prepareGit(spec: GitSpec, options: SourceOptions): Promise<SourceTree> {
  const what = `use ${formatSourceSpec(spec)}`;
  const repository = await Repository.open(spec.path, options.signal);
  const revParse = async (rev: string) => {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', rev];
    return (await repository.output(args, `${what}: no such revision`)).toString('latin1').trim();
  };
  const commit = await revParse(`${spec.rev}^{commit}`);
  const tree = await revParse(`${commit}^{tree}`);
  const id = `git-${tree.slice(0, 16)}`;
  const lookup = () => findTree(id, options);
  return (
    (await lookup()) ??
    makeTree(formatSourceSpec(spec), options, lookup, async (dir) => {
      await unpackCommit(repository, { commit, tree, dir, what });
      return { id, provenance: { kind: 'git', path: spec.path, rev: spec.rev, commit } };
    })
  );
}

interface Unpacking {
  readonly commit: string;
  readonly tree: string;
  readonly dir: string;
  readonly what: string;
}

/**
 * Writes the files as the repository's objects have them, each checked against its id. `git archive` and `checkout`
 * would run filters and honour attributes of the repository, and other bytes would then stand under the tree's id.
 */
async function unpackCommit(repository: Repository, { commit, tree, dir, what }: Unpacking): Promise<void> {
  const listing = await repository.output(['ls-tree', '-r', '-t', '-z', '--full-tree', tree], what);
  const writer = new TreeWriter(dir, `commit ${commit}`);
  const child = repository.start(['cat-file', '--batch']);
  const complaint = keepTail(child.stderr);
  // When git ends early, its messages say why; EPIPE does not.
  child.stdin.on('error', () => undefined);
  try {
    const entries = parseListing(listing);
    const wrong = wrongFolder(entries, tree);
    if (wrong !== null) throw new Error(`tree ${tree} is damaged: folder ${JSON.stringify(wrong)} has another id`);
    const files = entries.filter(({ mode }) => mode !== FOLDER && mode !== SUBMODULE);
    child.stdin.end([commit, ...files.map((file) => file.id), ''].join('\n'));
    const objects = new ObjectReader(child.stdout);
    const { content: message } = await objects.next(commit, MOST_FILE_BYTES);
    if (!message.toString('latin1').startsWith(`tree ${tree}\n`)) throw new Error(`commit ${commit} has another tree`);
    for (const file of files) {
      const { content } = await objects.next(file.id, MOST_FILE_BYTES);
      writer.admitSize(file.path, content.length);
      writer.write(headerOf(file, content), content);
    }
  } catch (error) {
    if (error instanceof SourceError || errnoOf(error) !== null) throw error;
    child.stdin.destroy();
    throw gitFailed(what, complaint() || (error as Error).message);
  } finally {
    // After a refusal output may be left that nobody reads: its stream would never end, nor would the wait below.
    child.stdout.destroy();
    child.kill('SIGKILL');
    await child;
  }
}

/** @throws Error for a name that is not UTF-8. */
function headerOf({ mode, path }: TreeEntry, content: Buffer): EntryHeader {
  const name = Buffer.from(path, 'latin1').toString('utf8');
  if (Buffer.from(name).toString('latin1') !== path) throw new Error(`the name ${JSON.stringify(path)} is not UTF-8`);
  return mode === LINK
    ? { name, type: 'symlink', linkname: content.toString('utf8') }
    : { name, type: 'file', mode: mode === EXECUTABLE ? 0o755 : 0o644 };
}

function gitFailed(what: string, words: string): SourceError {
  return new SourceError('GIT_FAILED', `Cannot ${what}${words.trim() === '' ? '' : `: ${tail(words, 1)}`}`, {
    hint: 'the path must be a readable repository that contains the revision',
    details: tail(words, 10),
  });
}
