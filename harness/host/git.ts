// SPDX-License-Identifier: GPL-2.0-only
import { dirname } from 'node:path';
import { run } from './process.ts';

/** What git is run with; an undefined variable is removed. */
export type GitEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * An environment in which git's output depends on the repository's objects alone. No GIT_* variable of the caller
 * counts: a hook or `rebase --exec` exports GIT_DIR, which would win over `-C`. No configuration of the person or the
 * system, no attributes of the system, no replaced objects, nothing fetched into a partial clone, no optional locks.
 */
export function gitEnvironment(env: NodeJS.ProcessEnv = process.env): GitEnvironment {
  const removed = Object.keys(env).filter((name) => name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(removed.map((name) => [name, undefined])),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}

/** The environment for a git that needs no repository, in `dir`: one that happens to be above is not looked for. */
export function gitOutsideRepositories(dir: string): GitEnvironment {
  return { ...gitEnvironment(), GIT_CEILING_DIRECTORIES: dirname(dir) };
}

/** Variables that name a repository; those that name configuration files stay. */
const OF_A_REPOSITORY = /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES)$/;

/**
 * The folders that the person trusts although they belong to others (`safe.directory`), as options for git: the only
 * setting of theirs that is kept.
 */
export async function trustedFolders(signal: AbortSignal): Promise<readonly string[]> {
  const env: Record<string, string | undefined> = {};
  for (const name of Object.keys(process.env)) if (OF_A_REPOSITORY.test(name)) env[name] = undefined;
  const args = ['-C', '/', 'config', '--show-scope', '--null', '--get-all', 'safe.directory'];
  const { stdout } = await run('git', args, { env, signal });
  const fields = stdout.split('\0');
  return fields.flatMap((value, at) => {
    const scope = at % 2 === 1 ? fields[at - 1] : undefined;
    const protectedScope = scope === 'system' || scope === 'global' || scope === 'command';
    return protectedScope ? ['-c', `safe.directory=${value}`] : [];
  });
}
