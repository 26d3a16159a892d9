// SPDX-License-Identifier: GPL-2.0-only
import { linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar, { type Header } from 'tar-stream';
import { SourceError } from '../model/errors.ts';
import { errnoOf } from '../host/files.ts';
import { ArchiveNames } from '../host/archive-names.ts';

export interface UnpackOptions {
  /** What is unpacked, for messages. */
  readonly label: string;
  readonly signal: AbortSignal;
}

/** An entry without its content. */
export type EntryHeader = Pick<Header, 'name'> & Partial<Pick<Header, 'type' | 'mode' | 'linkname'>>;

/**
 * Unpacks a tar stream into an empty folder. Files get mode 0644 or 0755 and the time of unpacking.
 *
 * @returns the number of files.
 * @throws SourceError `ARCHIVE_REFUSED` naming an entry that would leave the folder or is no file, folder or link;
 *   `ARCHIVE_BROKEN` when the stream is no whole tar.
 */
export async function unpackTree(stream: Readable, dir: string, { label, signal }: UnpackOptions): Promise<number> {
  const extract = tar.extract();
  const feeding = pipeline(stream, extract, { signal });
  feeding.catch(() => undefined);
  const writer = new TreeWriter(dir, label);
  try {
    for await (const entry of extract) {
      writer.admitSize(entry.header.name, entry.header.size ?? 0);
      writer.write(entry.header, await bytesOf(entry as unknown as AsyncIterable<Buffer>));
    }
    await feeding;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SourceError || errnoOf(error) !== null) throw error;
    throw new SourceError('ARCHIVE_BROKEN', `Cannot unpack ${label}: ${(error as Error).message}`, {
      hint: 'the archive is damaged or incomplete: fetch it again',
      cause: error,
    });
  }
  if (writer.files === 0) {
    throw new SourceError('ARCHIVE_BROKEN', `Cannot unpack ${label}: there is no file in it`, {
      hint: 'give the archive of a kernel tree',
    });
  }
  return writer.files;
}

/** The largest file of a kernel tree has 25 MB; a file at a time is in memory. */
export const MOST_FILE_BYTES = 64 << 20;
/** A kernel tree has 1.5 GB in 90,000 entries: a small archive must not fill the disk. */
const MOST_TREE_BYTES = 8 * 2 ** 30;
const MOST_ENTRIES = 1_000_000;

async function bytesOf(entry: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/**
 * Writes synchronously: eighty thousand small files take 4 s so, three times as long through the thread pool, and the
 * decompressor is another process that goes on meanwhile.
 */
export class TreeWriter {
  files = 0;
  #entries = 0;
  #bytes = 0;
  readonly #folders = new Set<string>();
  readonly #names = new ArchiveNames();

  constructor(
    readonly root: string,
    readonly label: string,
  ) {}

  /** To be called before an entry's content is read. @throws SourceError `ARCHIVE_REFUSED`. */
  admitSize(name: string, bytes: number): void {
    this.#bytes += bytes;
    if (bytes > MOST_FILE_BYTES) throw this.#refuse(name, `it has ${bytes} bytes, more than ${MOST_FILE_BYTES}`);
    if (this.#bytes > MOST_TREE_BYTES) throw this.#refuse(name, `with it there are more than ${MOST_TREE_BYTES} bytes`);
  }

  /** Writes one entry. @throws SourceError `ARCHIVE_REFUSED`. */
  write(header: EntryHeader, content: Buffer): void {
    this.#entries += 1;
    if (this.#entries > MOST_ENTRIES) throw this.#refuse(header.name, `it is entry ${this.#entries}`);
    const admitted = this.#names.admit(header.name);
    if ('refused' in admitted) throw this.#refuse(header.name, admitted.refused);
    const target = join(this.root, admitted.name);
    switch (header.type) {
      case 'directory':
        return this.#makeFolder(target);
      case 'file':
      case 'contiguous-file':
        return this.#create(target, header.name, () => {
          writeFileSync(target, content, { mode: (header.mode ?? 0) & 0o100 ? 0o755 : 0o644, flag: 'wx' });
          this.files += 1;
        });
      case 'symlink':
        return this.#symlink(admitted.name, target, header);
      case 'link':
        return this.#hardLink(target, header);
      default:
        throw this.#refuse(header.name, `it is a ${header.type ?? 'thing of unknown type'}`);
    }
  }

  #symlink(name: string, target: string, header: EntryHeader): void {
    const to = header.linkname ?? '';
    const refused = this.#names.admitLink(name, to);
    if (refused !== null) throw this.#refuse(header.name, refused);
    this.#create(target, header.name, () => symlinkSync(to, target));
  }

  #hardLink(target: string, header: EntryHeader): void {
    const to = this.#names.admit(header.linkname ?? '');
    if ('refused' in to) throw this.#refuse(header.name, `it is a hard link to ${header.linkname}: ${to.refused}`);
    const existing = join(this.root, to.name);
    if (!lstatSync(existing, { throwIfNoEntry: false })?.isFile())
      throw this.#refuse(header.name, `it is a hard link to ${header.linkname}, which is not there`);
    this.#create(target, header.name, () => linkSync(existing, target));
  }

  #create(target: string, name: string, create: () => void): void {
    this.#makeFolder(dirname(target));
    try {
      create();
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw this.#refuse(name, 'it is there twice');
      throw error;
    }
  }

  #makeFolder(path: string): void {
    if (this.#folders.has(path)) return;
    mkdirSync(path, { recursive: true });
    this.#folders.add(path);
  }

  #refuse(name: string, why: string): SourceError {
    return new SourceError(
      'ARCHIVE_REFUSED',
      `Cannot unpack ${this.label}: ${JSON.stringify(name)} is refused, ${why}`,
      {
        hint: 'a kernel archive has no such entry: check where it comes from',
      },
    );
  }
}
