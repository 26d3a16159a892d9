// SPDX-License-Identifier: GPL-2.0-only
import type { Readable } from 'node:stream';
import { execa, ExecaError } from 'execa';
import { HostError, InterruptedError } from '../model/errors.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** Merged over the harness's own environment; an undefined variable is removed. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** The process is killed after this long; absent means no limit. */
  readonly timeoutMs?: number;
  /** Both streams, interleaved as they arrive, are appended to this file. */
  readonly logFile?: string;
  /** Called for every line of standard output and standard error. */
  readonly onLine?: (line: string) => void;
  /** More than this on one stream ends the process with a HostError. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** How a process ended. A non-zero exit is data: the caller decides what it means. */
export interface ProcessResult {
  readonly command: string;
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const KILL_AFTER_MS = 5_000;

/**
 * Starts a process under the harness's rules: no shell, no inherited stdin, killed when the harness ends, SIGKILL when
 * it ignores the first signal. For processes whose streams the caller handles.
 */
export function start(
  file: string,
  args: readonly string[],
  options: Pick<RunOptions, 'cwd' | 'env' | 'signal'> & { readonly detached?: boolean } = {},
) {
  return execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    detached: options.detached ?? false,
    stdin: 'pipe',
    buffer: false,
    reject: false,
    cleanup: true,
    forceKillAfterDelay: KILL_AFTER_MS,
  });
}

/**
 * Runs a process to its end.
 *
 * @throws HostError `PROGRAM_MISSING` when the file cannot be executed, `PROCESS_FAILED_TO_START` otherwise.
 * @throws InterruptedError when `signal` aborts.
 */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
  const everything = options.logFile === undefined ? [] : [{ file: options.logFile, append: true } as const];
  const child = execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.stdin === undefined ? { stdin: 'ignore' as const } : { input: options.stdin }),
    stdout: ['pipe', ...everything],
    stderr: ['pipe', ...everything],
    maxBuffer: options.maxBytes ?? 64 * 1024 * 1024,
    all: true,
    reject: false,
    cleanup: true,
    forceKillAfterDelay: KILL_AFTER_MS,
    stripFinalNewline: false,
  });
  if (options.onLine !== undefined) void forwardLines(child, options.onLine);
  const result = await child;
  options.signal?.throwIfAborted();
  if (result.isCanceled) throw new InterruptedError('INTERRUPTED', `Interrupted: ${result.command}`);
  if (result.isMaxBuffer) {
    throw new HostError(
      'OUTPUT_TOO_LARGE',
      `${result.command}: more than ${options.maxBytes ?? 'the usual'} bytes of output`,
    );
  }
  if (result.exitCode === undefined && result.signal === undefined && !result.timedOut) {
    throw startFailure(file, result);
  }
  return {
    command: result.command,
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    timedOut: result.timedOut,
    stdout: text(result.stdout),
    stderr: text(result.stderr),
  };
}

/** As `run`, for commands that must not fail: any end but exit 0 is a HostError with the output's tail. */
export async function runOk(file: string, args: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
  const result = await run(file, args, options);
  if (result.exitCode === 0) return result;
  const how = result.timedOut ? 'timed out' : (result.signal ?? `exit ${result.exitCode}`);
  throw new HostError('COMMAND_FAILED', `${result.command}: ${how}`, {
    details: tail(result.stderr || result.stdout, 20),
  });
}

/** The last `count` lines of a text. */
export function tail(output: string, count: number): string {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}

/**
 * A whole output in memory.
 *
 * @param what the output of which program, for the message.
 * @throws HostError `OUTPUT_TOO_LARGE`, at the first byte too many.
 */
export async function bounded(stream: Readable, mostBytes: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new HostError('OUTPUT_TOO_LARGE', `${what}: more than ${mostBytes} bytes of output`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** Most characters of messages that are kept of a process which may print for ever. */
const TAIL_CHARS = 1 << 16;

/** Reads a stream of messages, and keeps its end. @returns gives what is kept so far. */
export function keepTail(stream: Readable): () => string {
  let kept = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (kept = (kept + chunk).slice(-TAIL_CHARS)));
  return () => kept;
}

interface LineSource {
  iterable(options: { from: 'all' }): AsyncIterable<unknown>;
}

async function forwardLines(child: LineSource, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of child.iterable({ from: 'all' })) onLine(String(line));
  } catch {
    // The result reports how the process ended.
  }
}

function startFailure(file: string, result: unknown): HostError {
  const cause = result instanceof ExecaError ? (result.cause ?? result) : result;
  const code = (cause as { code?: string }).code;
  if (code === 'ENOENT') {
    return new HostError('PROGRAM_MISSING', `Cannot run ${file}: no such program`, {
      hint: '`scripts/run --setup-only` installs what is missing, `swaprace doctor` lists it',
      cause,
    });
  }
  return new HostError('PROCESS_FAILED_TO_START', `Cannot run ${file}: ${String((cause as Error).message ?? cause)}`, {
    cause,
  });
}

function text(output: unknown): string {
  return typeof output === 'string' ? output : '';
}
