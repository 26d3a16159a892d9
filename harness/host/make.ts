// SPDX-License-Identifier: GPL-2.0-only
import { availableParallelism } from 'node:os';
import { HostError } from '../model/errors.ts';
import { diskFull, isDiskFull } from './files.ts';

/** A source tree and the folder that its objects go to. */
export interface MakeFolders {
  readonly sourceDir: string;
  readonly objectDir: string;
}

/**
 * Variables of every make of a kernel, so that equal inputs give equal bytes: no date, no user, no git state, no folder
 * names in the objects (`__FILE__` and debug information are relative to the tree).
 */
export function kbuildVariables({ sourceDir, objectDir }: MakeFolders): Readonly<Record<string, string>> {
  const maps = `-ffile-prefix-map=${sourceDir}/= -ffile-prefix-map=${objectDir}=.`;
  return {
    ARCH: 'x86_64',
    LOCALVERSION: '',
    KBUILD_BUILD_TIMESTAMP: 'Thu Jan  1 00:00:00 UTC 1970',
    KBUILD_BUILD_USER: 'swaprace',
    KBUILD_BUILD_HOST: 'swaprace',
    KBUILD_BUILD_VERSION: '1',
    KCFLAGS: maps,
    KAFLAGS: maps,
  };
}

/** Arguments of an out-of-tree make. Pure. */
export function makeArguments(
  folders: MakeFolders,
  targets: readonly string[],
  options: { readonly jobs?: number; readonly variables?: Readonly<Record<string, string>> } = {},
): string[] {
  const variables = { ...kbuildVariables(folders), ...options.variables };
  return [
    '-C',
    folders.sourceDir,
    `O=${folders.objectDir}`,
    ...(options.jobs === undefined ? [] : [`-j${options.jobs}`]),
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...targets,
  ];
}

/** One more job than CPUs: one of them waits for the disk. */
export function makeJobs(): number {
  return availableParallelism() + 1;
}

/**
 * A command under an environment of its own, as argv: Kbuild reads dozens of variables (KCFLAGS, LLVM, MAKEFLAGS,
 * KCONFIG_*), and an exported one would change a kernel without changing its id. Messages are in English.
 */
export function closedEnvironment(
  command: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): [string, ...string[]] {
  const kept = ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => (env[name] === undefined ? [] : [`${name}=${env[name]}`]));
  return ['env', '-i', ...kept, 'LC_ALL=C', ...command];
}

/**
 * The fault of the host that make's output shows; null when it shows none, and the kernel or its configuration is at
 * fault.
 *
 * @param where a path on the disk that make writes to.
 */
export function hostTrouble(action: string, output: string, where: string): HostError | null {
  if (isDiskFull(output)) return diskFull(action, where);
  if (/Killed signal terminated program|virtual memory exhausted|[Cc]annot allocate memory/.test(output)) {
    return new HostError('OUT_OF_MEMORY', `Cannot ${action}: the compiler was killed or ran out of memory`, {
      hint: 'free memory (a job needs about 300 MB), or build on a larger machine',
    });
  }
  const program =
    /(?:^|\s)env: [‘'"]?([\w.+-]+)[’'"]?: No such file/m.exec(output)?.[1] ??
    /(?:^|\s)\/bin\/\w*sh: (?:line )?\d*:? ?([\w.+-]+): (?:command )?not found/m.exec(output)?.[1];
  if (program !== undefined) {
    return new HostError('PROGRAM_MISSING', `Cannot ${action}: ${program} is not installed`, {
      hint: '`scripts/run --setup-only` installs what is missing, `swaprace doctor` lists it',
    });
  }
  const header = /fatal error: ((?:gelf|libelf|openssl\/\w+)\.h): No such file/.exec(output)?.[1];
  if (header === undefined) return null;
  return new HostError('HEADER_MISSING', `Cannot ${action}: the host's ${header} is not installed`, {
    hint: 'install libelf-dev and libssl-dev',
  });
}
