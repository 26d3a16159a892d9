// SPDX-License-Identifier: GPL-2.0-only
import { posix } from 'node:path';

/**
 * The names that an archive has brought so far, and whether the next may join them. Pure.
 *
 * Nothing may be written outside the folder that the archive is unpacked to: no absolute name, no `..`, nothing through
 * a symbolic link of the archive, and no symbolic link that points out of the folder.
 */
export class ArchiveNames {
  readonly #links = new Set<string>();

  /**
   * @param raw the entry's name as the archive has it.
   * @returns the name below the root without `./` and trailing slashes (empty for the root itself), or why it is
   *   refused.
   */
  admit(raw: string): { readonly name: string } | { readonly refused: string } {
    if (raw.includes('\0')) return { refused: 'its name holds a NUL byte' };
    if (raw.startsWith('/')) return { refused: 'its name is absolute' };
    const parts = raw.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) return { refused: 'its name leaves the folder by ..' };
    const through = this.#linkAbove(parts);
    if (through !== null) return { refused: `its name goes through the symbolic link ${through}` };
    return { name: parts.join('/') };
  }

  /**
   * @param name admitted name of the link.
   * @returns why the link is refused, or null, and then the link is remembered.
   */
  admitLink(name: string, target: string): string | null {
    if (target === '' || target.startsWith('/') || target.includes('\0'))
      return `it points to ${JSON.stringify(target)}, which is not inside`;
    const parts = target.split('/').filter((part) => part !== '' && part !== '.');
    const firstName = parts.findIndex((part) => part !== '..');
    // `x/..` may lead anywhere when x is itself a link; leading `..` cannot, because no folder above is a link.
    if (firstName >= 0 && parts.includes('..', firstName))
      return `it points to ${target}, which climbs after it descended`;
    const reached = posix.join(posix.dirname(name), ...parts);
    if (reached === '..' || reached.startsWith('../')) return `it points to ${target}, which leaves the folder`;
    this.#links.add(name);
    return null;
  }

  #linkAbove(parts: readonly string[]): string | null {
    if (this.#links.size === 0) return null;
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const above = parts.slice(0, depth).join('/');
      if (this.#links.has(above)) return above;
    }
    return null;
  }
}
