// SPDX-License-Identifier: GPL-2.0-only
import { createHash } from 'node:crypto';

/** An entry of `git ls-tree -r -t -z --full-tree`: folders come before what is in them. */
export interface TreeEntry {
  /** As a tree object has it, without leading zeros: `100644`, `40000`. */
  readonly mode: string;
  readonly id: string;
  /** Whole path, one character per byte. */
  readonly path: string;
}

export const FOLDER = '40000';
export const LINK = '120000';
export const SUBMODULE = '160000';
export const EXECUTABLE = '100755';

/** Reads a listing. Pure. @throws Error naming the line that is wrong. */
export function parseListing(listing: Buffer): TreeEntry[] {
  const lines = listing.toString('latin1').split('\0');
  lines.pop();
  return lines.map((line) => {
    const [, mode, id, path] = /^0*(\d+) [a-z]+ ([0-9a-f]{40,64})\t(.+)$/s.exec(line) ?? [];
    if (mode === undefined || id === undefined || path === undefined)
      throw new Error(`git lists ${JSON.stringify(line)}`);
    return { mode, id, path };
  });
}

/** The id that git gives to an object; SHA-256 repositories have longer ids. Pure. */
export function objectId(type: 'blob' | 'tree' | 'commit', content: Uint8Array, like: string): string {
  const hash = createHash(like.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/**
 * The first folder whose id is not that of the entries that are listed in it, `''` for the top; null when all ids are
 * right, and a listing then holds what the top's id stands for. Pure.
 */
export function wrongFolder(entries: readonly TreeEntry[], top: string): string | null {
  const inside = new Map<string, TreeEntry[]>([['', []]]);
  for (const entry of entries) {
    if (entry.mode === FOLDER) inside.set(entry.path, []);
    const above = inside.get(entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/'))));
    if (above === undefined) return entry.path;
    above.push(entry);
  }
  const ids = new Map([['', top], ...entries.map(({ path, id }) => [path, id] as const)]);
  for (const [path, children] of inside) {
    const content = Buffer.concat(
      children.flatMap(({ mode, path: child, id }) => [
        Buffer.from(`${mode} ${child.slice(child.lastIndexOf('/') + 1)}\0`, 'latin1'),
        Buffer.from(id, 'hex'),
      ]),
    );
    if (objectId('tree', content, top) !== ids.get(path)) return path;
  }
  return null;
}

/** One object of `git cat-file --batch`. */
export interface GitObject {
  readonly type: string;
  readonly content: Buffer;
}

/** Reads the output of `git cat-file --batch`, an object at a time, in the order in which they were asked for. */
export class ObjectReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** @throws Error when the object is missing, larger than `mostBytes`, or not the one that `id` names. */
  async next(id: string, mostBytes: number): Promise<GitObject> {
    const line = await this.#line();
    const [, type, size] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(line) ?? [];
    if (type === undefined) throw new Error(line === '' ? 'git ended early' : line);
    if (Number(size) > mostBytes) throw new Error(`object ${id} has ${size} bytes`);
    const content = (await this.#take(Number(size) + 1)).subarray(0, -1);
    if ((type !== 'blob' && type !== 'commit') || objectId(type, content, id) !== id)
      throw new Error(`object ${id} is damaged: its content has another id`);
    return { type, content };
  }

  async #line(): Promise<string> {
    let from = 0;
    for (;;) {
      const at = this.#rest.indexOf(10, from);
      if (at >= 0) return (await this.#take(at + 1)).toString('latin1', 0, at);
      from = this.#rest.length;
      if (!(await this.#more(from + 1))) return this.#rest.toString('latin1');
    }
  }

  async #take(bytes: number): Promise<Buffer> {
    if (!(await this.#more(bytes))) throw new Error('git ended early');
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  /** Reads until there are `bytes`. @returns false at the end of the output. */
  async #more(bytes: number): Promise<boolean> {
    const chunks = [this.#rest];
    let have = this.#rest.length;
    while (have < bytes) {
      const { value, done } = await this.#source.next();
      if (done === true) break;
      chunks.push(value);
      have += value.length;
    }
    if (chunks.length > 1) this.#rest = Buffer.concat(chunks, have);
    return have >= bytes;
  }
}
