// SPDX-License-Identifier: GPL-2.0-only
import { open, type FileHandle } from 'node:fs/promises';
import type { ProgressListener } from '../model/events.ts';
import { BuildError, HostError, type SwapraceError } from '../model/errors.ts';
import { closedEnvironment, hostTrouble, makeArguments, makeJobs } from '../host/make.ts';
import { start, tail } from '../host/process.ts';
import { firstError } from './diagnose.ts';
import type { BuildFolders } from './folders.ts';
import { noteEnded, noteRunning } from './interrupted.ts';
import { secondsLeft, type BuildEffort } from './progress.ts';

export interface CompileOptions {
  readonly folders: BuildFolders;
  readonly variantId: string;
  /** Receives the output of make as it comes. */
  readonly logFile: string;
  /** Objects that an interrupted build had finished. */
  readonly alreadyDone: number;
  readonly expected: BuildEffort | null;
  readonly signal: AbortSignal;
  readonly onEvent: ProgressListener;
}

/** Progress is reported at most this often. */
const PROGRESS_EVERY_MS = 500;

/**
 * Runs make to a bzImage.
 *
 * @returns the objects that it compiled, and the seconds that it took.
 * @throws BuildError `COMPILE_FAILED` with the first error's file and line; HostError when the log shows a fault of
 *   the host, or when something killed make.
 */
export async function compile(options: CompileOptions): Promise<BuildEffort> {
  const { folders, signal } = options;
  signal.throwIfAborted();
  const started = performance.now();
  const log = await open(options.logFile, 'w');
  const make = startMake(folders, signal);
  try {
    // Followed from the start, in the same turn: output that nobody reads yet is thrown away.
    const following = follow(make.stdout, log, options);
    following.catch(() => undefined);
    if (make.pid !== undefined) await noteRunning(folders, make.pid);
    make.stdin.end('begin\n');
    const { lines, objects } = await following;
    const result = await make;
    signal.throwIfAborted();
    if (result.exitCode !== undefined) await noteEnded(folders);
    if (result.exitCode !== 0) throw failure(options, lines, result.exitCode ?? result.signal ?? 'an unknown end');
    return { objects, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    // An aborted stream has an error of its own, which is less specific.
    signal.throwIfAborted();
    throw error;
  } finally {
    make.kill('SIGKILL');
    await make;
    await log.close();
  }
}

/**
 * Both streams as one, so that the log keeps the order of lines; in a session of its own, so that all of it can be
 * killed. make begins only after a word on stdin: if this process is killed before it has noted the session, make never
 * runs.
 */
function startMake(folders: BuildFolders, signal: AbortSignal) {
  const command = closedEnvironment(['make', ...makeArguments(folders, ['bzImage'], { jobs: makeJobs() })]);
  const child = start('sh', ['-c', 'read -r begin && exec "$@" 2>&1 </dev/null', 'make', ...command], {
    detached: true,
    signal,
  });
  // It may be gone by then.
  child.stdin.on('error', () => undefined);
  const endAll = () => killSession(child.pid);
  process.once('exit', endAll);
  child.once('exit', () => {
    // Children of a killed make hold its output open and write into the object folder.
    endAll();
    process.removeListener('exit', endAll);
  });
  return child;
}

async function follow(
  output: AsyncIterable<Buffer>,
  log: FileHandle,
  options: CompileOptions,
): Promise<{ lines: string[]; objects: number }> {
  const lines: string[] = [];
  let [rest, objects, reportedAt] = ['', 0, 0];
  for await (const chunk of output) {
    await log.write(chunk);
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    objects += parts.filter(isObject).length;
    if (performance.now() - reportedAt < PROGRESS_EVERY_MS) continue;
    reportedAt = performance.now();
    reportProgress(options, objects);
  }
  return { lines: rest === '' ? lines : [...lines, rest], objects };
}

/** Kbuild names each object as it begins it: `  CC      mm/swapfile.o`. */
function isObject(line: string): boolean {
  return /^ {2}(?:CC|AS) {2,}\S+\.o$/.test(line);
}

function reportProgress({ alreadyDone, expected, variantId, onEvent }: CompileOptions, objects: number): void {
  const done = alreadyDone + objects;
  // A header that the last variant did not touch rebuilds more objects than expected.
  const total = expected === null ? null : Math.max(expected.objects, done);
  onEvent({
    kind: 'build-progress',
    variant: variantId,
    done,
    expected: total,
    etaSeconds: secondsLeft(expected, done),
  });
}

function failure(
  { folders, variantId, logFile }: CompileOptions,
  lines: readonly string[],
  end: number | string,
): SwapraceError {
  const action = `build variant ${variantId}`;
  const trouble = hostTrouble(action, lines.join('\n'), folders.objectDir);
  if (trouble !== null) return trouble;
  if (typeof end === 'string') {
    return new HostError('BUILD_KILLED', `Cannot ${action}: make was ended by ${end}`, {
      hint: 'look for what killed it (the kernel log, for want of memory), then start again',
    });
  }
  const found = firstError(lines, folders.sourceDir);
  const where = found === null || found.file === null ? '' : `${found.file}:${found.line}: `;
  return new BuildError('COMPILE_FAILED', `Cannot ${action}: ${where}${found?.message ?? `make ended with ${end}`}`, {
    hint: `the whole log is ${logFile}`,
    details: found?.context ?? tail(lines.join('\n'), 20),
  });
}

function killSession(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
