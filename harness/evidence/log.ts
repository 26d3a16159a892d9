// SPDX-License-Identifier: GPL-2.0-only
import { createGunzip } from 'node:zlib';
import { start } from '../host/process.ts';
import { HostError, UsageError } from '../model/errors.ts';

/** Bytes as they come from a file, a pipe or a decompressor. */
export type Bytes = AsyncIterable<Uint8Array>;

/** A line that is longer is cut: more than the longest record of a kernel, with room for what wraps it. */
const MAX_LINE_CHARS = 64 * 1024;
/** As much of a log's beginning decides what it is. */
const HEAD_BYTES = 4096;
/** Of a text's bytes, at most this share are control characters. */
const BINARY_SHARE = 0.1;

/** Compressed formats by their first bytes, and the program that reads those that Node cannot. */
const FORMATS: readonly { readonly magic: readonly number[]; readonly program: readonly string[] | null }[] = [
  { magic: [0x1f, 0x8b], program: null },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], program: ['xz', '-dc'] },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], program: ['zstd', '-dcq'] },
  { magic: [0x42, 0x5a, 0x68], program: ['bzip2', '-dc'] },
  { magic: [0x04, 0x22, 0x4d, 0x18], program: ['lz4', '-dc'] },
];

/**
 * The lines of a log, whatever it came in: gzip, xz, zstd, bzip2 and lz4 are known by their content, UTF-16 by its
 * zeros. Arrays of lines, as many as a piece of the log held; memory does not grow with the log.
 *
 * @throws UsageError `LOG_IS_BINARY` when it is no text, `LOG_DAMAGED` when it cannot be decompressed.
 * @throws HostError `PROGRAM_MISSING` when the decompressor is not installed.
 */
export async function* logLines(bytes: Bytes, name: string, signal: AbortSignal): AsyncGenerator<readonly string[]> {
  const { head, all } = await peek(bytes);
  const format = FORMATS.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
  if (format) {
    const plain = format.program === null ? gunzip(all, name) : decompress(all, format.program, name, signal);
    return yield* textLines(await peek(plain), name);
  }
  yield* textLines({ head, all }, name);
}

interface Peeked {
  readonly head: Uint8Array;
  /** The head included. */
  readonly all: Bytes;
}

async function peek(bytes: Bytes): Promise<Peeked> {
  const rest = bytes[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let length = 0;
  while (length < 8) {
    const next = await rest.next();
    if (next.done) break;
    taken.push(next.value);
    length += next.value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* taken;
      for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  }
  return { head: Buffer.concat(taken).subarray(0, HEAD_BYTES), all: all() };
}

async function* textLines({ head, all }: Peeked, name: string): AsyncGenerator<readonly string[]> {
  const encoding = encodingOf(head);
  if (encoding === null) {
    throw new UsageError('LOG_IS_BINARY', `Cannot scan ${name}: it is no text, and no compressed text that is known`, {
      hint: 'a console log, the output of dmesg or journalctl, or one of them compressed',
    });
  }
  const decoder = new TextDecoder(encoding, { fatal: false });
  let rest = '';
  for await (const chunk of all) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    // Of a line without an end only as much is kept as is looked at.
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS);
    yield lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
}

/** What the bytes of a log's beginning are; null for no text. */
function encodingOf(head: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zeros = (parity: number) => head.filter((byte, at) => at % 2 === parity && byte === 0).length;
  const [even, odd] = [zeros(0), zeros(1)];
  if (odd > head.length * 0.4 && even === 0) return 'utf-16le';
  if (even > head.length * 0.4 && odd === 0) return 'utf-16be';
  // A console may begin with the noise of a line that was just opened; escapes and line ends are text.
  const control = head.filter((byte) => byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32)).length;
  const decoded = new TextDecoder('utf-8').decode(head);
  const invalid = decoded.split('\ufffd').length - 1;
  return control + invalid > Math.max(64, head.length * BINARY_SHARE) || isExecutable(head) ? null : 'utf-8';
}

function isExecutable(head: Uint8Array): boolean {
  return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

async function* gunzip(bytes: Bytes, name: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const feeding = (async () => {
    for await (const chunk of bytes) {
      if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once('drain', resolve));
    }
    gunzip.end();
  })();
  feeding.catch((error: Error) => gunzip.destroy(error));
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
    await feeding;
  } catch (cause) {
    throw damaged(name, (cause as Error).message, cause);
  }
}

async function* decompress(
  bytes: Bytes,
  program: readonly string[],
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const [file = '', ...args] = program;
  const child = start(file, args, { signal });
  const feeding = (async () => {
    for await (const chunk of bytes) {
      if (!child.stdin.write(chunk)) await new Promise((resolve) => child.stdin.once('drain', resolve));
    }
    child.stdin.end();
  })();
  child.stdin.on('error', () => undefined);
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => (complaint += complaint.length < 1000 ? text.toString() : ''));
  try {
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    const result = await child;
    signal.throwIfAborted();
    if (result.exitCode === undefined) {
      throw new HostError('PROGRAM_MISSING', `Cannot decompress ${name}: no ${file} on this machine`, {
        hint: `install ${file}, or decompress it elsewhere`,
      });
    }
    if (result.exitCode !== 0) throw damaged(name, complaint.trim() || `${file} ended with ${result.exitCode}`, result);
    await feeding;
  } finally {
    // A reader may stop early.
    child.kill('SIGKILL');
  }
}

function damaged(name: string, why: string, cause: unknown): UsageError {
  return new UsageError('LOG_DAMAGED', `Cannot decompress ${name}: ${why}`, { cause });
}
