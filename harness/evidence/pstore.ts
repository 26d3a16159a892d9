// SPDX-License-Identifier: GPL-2.0-only

/** What kmsg_dump puts before each part of a log in /sys/fs/pstore. Part 1 holds the newest lines. */
const HEADER = /^(?:Panic|Oops|Emergency|Restart|Halt|Poweroff|Shutdown|Unknown)#(?<dump>\d+) Part(?<part>\d+)$/;
/** pstore's back ends hold much less; more is passed on as it stands. */
const MAX_LINES = 200_000;

interface Part {
  readonly dump: number;
  readonly part: number;
  readonly lines: string[];
}

/** Puts the parts of `cat /sys/fs/pstore/*` in the order in which they were printed; any other log passes through. */
export class PstoreParts {
  #parts: Part[] = [];
  #held = 0;

  /** Takes a line. @returns those that can be read now. */
  push(line: string): readonly string[] {
    const header = line.length < 32 ? HEADER.exec(line.trimEnd())?.groups : undefined;
    // The header's line stays as a blank one: of what follows each line keeps its distance.
    if (header) this.#parts.push({ dump: Number(header['dump']), part: Number(header['part']), lines: [] });
    const last = this.#parts.at(-1);
    if (!last) return [line];
    last.lines.push(header ? '' : line);
    return ++this.#held > MAX_LINES ? this.flush() : [];
  }

  /** The log has ended, or is silent: what was held, the oldest line first. */
  flush(): readonly string[] {
    const parts = this.#parts.sort((a, b) => a.dump - b.dump || b.part - a.part);
    this.#parts = [];
    this.#held = 0;
    return parts.flatMap(({ lines }) => lines);
  }
}
