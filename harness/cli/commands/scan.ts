// SPDX-License-Identifier: GPL-2.0-only
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { logLines, type Bytes } from '../../evidence/log.ts';
import { LogScan, type LogSummary } from '../../evidence/log-scan.ts';
import { addr2lineSymbolizer } from '../../evidence/symbolize.ts';
import { EXIT, UsageError } from '../../model/errors.ts';
import type { Splat } from '../../model/splat.ts';
import { traceLines } from '../../report/trace.ts';
import type { CommandContext } from '../context.ts';

export interface ScanFlags {
  readonly json?: boolean;
  readonly vmlinux?: string;
  readonly check?: boolean;
  readonly follow?: boolean;
}

/** Without a line for this long, what is open ends: its last line has come, or never will. */
const QUIET_MS = 2_000;
/** How often a followed file is looked at: growth makes no event on every file system. */
const LOOK_EVERY_MS = 250;
/** Splats that are symbolised together: every run of addr2line reads the image again. */
const BATCH = 256;

/**
 * Prints what a log holds. What was found is the output and not the exit status, but for `--check`; a log that could
 * not be read is no log without splats: 125.
 */
export async function scanCommand(context: CommandContext, log: string, flags: ScanFlags): Promise<void> {
  const scan = new LogScan();
  const printer = printerFor(context, flags);
  const source = flags.follow === true && log !== '-' ? growing(log, context.signal) : opened(log, context.signal);
  const lines = logLines(source, nameOf(log), context.signal);
  for await (const splats of flags.follow === true ? live(lines, scan) : whole(lines, scan)) await printer.add(splats);
  // Of a log that is followed, Ctrl-C is the end.
  if (flags.follow !== true) context.signal.throwIfAborted();
  await printer.end(scan.summary);
  const doubt = doubtOf(scan.summary, printer.count, nameOf(log));
  if (doubt !== null) process.stderr.write(`${doubt}\n`);
  if (doubt !== null) context.setStatus(EXIT.inconclusive);
  if (flags.check === true && printer.count > 0) context.setStatus(EXIT.missed);
}

/** Why silence says nothing about this log; null when it can be read. */
function doubtOf({ lines, kernel, unread }: LogSummary, found: number, log: string): string | null {
  if (unread !== null) {
    const text = unread.text.slice(0, 200);
    return `Cannot read line ${unread.line + 1} of ${log}, which holds a headline of a splat: ${text}`;
  }
  if (found > 0 || kernel) return null;
  return lines === 0
    ? `${log} is empty: it says nothing about a kernel`
    : `Nothing in ${log} reads as a kernel's message`;
}

function nameOf(log: string): string {
  return log === '-' ? 'standard input' : log;
}

async function* opened(log: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    const stream = log === '-' ? process.stdin : createReadStream(log, { highWaterMark: 256 * 1024 });
    yield* addAbortSignal(signal, stream) as Bytes;
  } catch (cause) {
    if (!signal.aborted) throw unreadable(log, cause);
  }
}

/** A file that is still written to: never ends by itself. */
async function* growing(log: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await using file = await open(log).catch((cause: unknown) => {
    throw unreadable(log, cause);
  });
  while (!signal.aborted) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024));
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
    else await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function unreadable(log: string, cause: unknown): UsageError {
  return new UsageError('LOG_UNREADABLE', `Cannot read the log ${log}: ${(cause as Error).message}`, { cause });
}

async function* whole(lines: AsyncIterable<readonly string[]>, scan: LogScan): AsyncGenerator<readonly Splat[]> {
  for await (const some of lines) yield scan.push(some);
  yield scan.finish();
}

/** As lines come; a silence ends what is open. */
async function* live(lines: AsyncIterable<readonly string[]>, scan: LogScan): AsyncGenerator<readonly Splat[]> {
  const coming = lines[Symbol.asyncIterator]();
  for (let next = coming.next(); ;) {
    const timer = new AbortController();
    const quiet = sleep(QUIET_MS, 'quiet' as const, { signal: timer.signal }).catch(() => 'quiet' as const);
    const come = await Promise.race([next, quiet]);
    timer.abort();
    if (come === 'quiet') {
      yield scan.settle();
      // Nothing new to settle until something comes.
      const later = await next;
      if (later.done) break;
      yield scan.push(later.value);
    } else {
      if (come.done) break;
      yield scan.push(come.value);
    }
    next = coming.next();
  }
  yield scan.finish();
}

interface Printer {
  /** Splats up to now. */
  readonly count: number;
  add(splats: readonly Splat[]): Promise<void>;
  end(summary: LogSummary): Promise<void>;
}

function printerFor(context: CommandContext, flags: ScanFlags): Printer {
  const symbolizer = flags.vmlinux === undefined ? null : addr2lineSymbolizer(flags.vmlinux);
  const form = flags.json !== true ? TEXT : flags.follow === true ? JSON_LINES : JSON_ARRAY;
  let [count, waiting] = [0, [] as Splat[]];
  const flush = async () => {
    const splats = symbolizer ? await symbolizer.symbolize(waiting, context.signal) : waiting;
    for (const splat of splats) context.print(form.item(splat, count++));
    waiting = [];
  };
  return {
    get count() {
      return count;
    },
    async add(splats) {
      for (const splat of splats) waiting.push(splat);
      if (!symbolizer || waiting.length >= BATCH || flags.follow === true) await flush();
    },
    async end({ kernel, unread }) {
      await flush();
      const last = form.end(count, kernel && unread === null);
      if (last !== '') context.print(last);
    },
  };
}

interface Form {
  readonly item: (splat: Splat, index: number) => string;
  /** What ends the output; `readable` says that finding nothing means that there is nothing. */
  readonly end: (count: number, readable: boolean) => string;
}

const TEXT: Form = {
  item: (splat, index) => `${index > 0 ? '\n' : ''}${describeSplat(splat).join('\n')}`,
  end: (count, readable) => (count === 0 && readable ? 'no splats' : ''),
};
const JSON_ARRAY: Form = {
  item: (splat, index) => `${index > 0 ? ',' : '['}\n${JSON.stringify(splat, null, 2).replace(/^/gm, '  ')}`,
  end: (count) => (count === 0 ? '[]' : ']'),
};
const JSON_LINES: Form = { item: (splat) => JSON.stringify(splat), end: () => '' };

function describeSplat(splat: Splat): string[] {
  const where = `lines ${splat.startLine + 1} to ${splat.endLine}`;
  const damage = splat.damaged.length === 0 ? '' : `; damaged: ${splat.damaged.join(', ')}`;
  return [splat.title, `  ${splat.type}, ${where}${damage}`, ...traceLines(splat)];
}
