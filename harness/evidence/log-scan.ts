// SPDX-License-Identifier: GPL-2.0-only
import type { Splat } from '../model/splat.ts';
import type { ScanEvent } from './scan-event.ts';
import { PstoreParts } from './pstore.ts';
import { SplatScanner, type Unread } from './scanner.ts';

/** What the lines of a log turned out to be. */
export interface LogSummary {
  readonly lines: number;
  /** True when at least one line reads as a kernel's. */
  readonly kernel: boolean;
  /** The first headline in a form that could not be read. */
  readonly unread: Unread | null;
}

/** Words that hardly any log but a kernel's has. */
const KERNEL_LINE = new RegExp(
  [
    String.raw`\[ *\d+\.\d{3,9}[\] ]`,
    String.raw`\bkernel(?:\[\d+\])?:|\bLinux version \d|^<\d{1,2}>|^\d,\d+,\d+,`,
    String.raw`(?:^|[\s\]|:])(?:ACPI|EXT4-fs|XFS|BTRFS|BIOS-|PCI|NET|VFS|SCSI|IPv6|TCP|usbcore|clocksource)[\s:(]`,
    String.raw`(?:^|[\s\]|:])(?:usb|pci|nvme|virtio\w*|audit|random|systemd|scsi|rcu|zram|smpboot|e1000e?)[\d:. -]`,
    String.raw`(?:^|[\s\]|:])(?:Memory|Command line|Kernel command line|Call Trace|CPU\d*): `,
  ].join('|'),
);

/**
 * Scans a log piece by piece and hands out its splats in the order of their first lines, as soon as no earlier one can
 * come. Memory does not grow with the log.
 */
export class LogScan {
  readonly #scanner = new SplatScanner();
  readonly #parts = new PstoreParts();
  /** Splats that began, by their first lines; null while they are open. */
  readonly #begun = new Map<number, number>();
  #waiting: Splat[] = [];
  #kernel = false;

  /** Takes the next lines. */
  push(lines: readonly string[]): Splat[] {
    for (const line of lines) this.#scan(this.#parts.push(line));
    this.#kernel ||= lines.some((line) => KERNEL_LINE.test(line));
    return this.#ready();
  }

  /** The log is silent: what is open ends here. Lines may still follow. */
  settle(): Splat[] {
    this.#scan(this.#parts.flush());
    this.#note(this.#scanner.settle());
    return this.#ready();
  }

  /** The log has ended. */
  finish(): Splat[] {
    this.#scan(this.#parts.flush());
    this.#note(this.#scanner.finish());
    this.#begun.clear();
    return this.#ready();
  }

  /** What the lines up to now were. */
  get summary(): LogSummary {
    return { lines: this.#scanner.line, kernel: this.#kernel, unread: this.#scanner.unread };
  }

  #scan(lines: readonly string[]): void {
    for (const line of lines) {
      const events = this.#scanner.push(line);
      if (events.length > 0) this.#note(events);
    }
  }

  #note(events: readonly ScanEvent[]): void {
    for (const event of events) {
      if (event.kind === 'started') this.#begun.set(event.line, (this.#begun.get(event.line) ?? 0) + 1);
      else {
        // Its strings are pieces of what was read: whole pieces of the log would wait with it.
        this.#waiting.push(structuredClone(event.splat));
        const open = (this.#begun.get(event.splat.startLine) ?? 1) - 1;
        if (open > 0) this.#begun.set(event.splat.startLine, open);
        else this.#begun.delete(event.splat.startLine);
        this.#kernel = true;
      }
    }
  }

  #ready(): Splat[] {
    if (this.#waiting.length === 0) return [];
    const first = Math.min(Number.POSITIVE_INFINITY, ...this.#begun.keys());
    const ready = this.#waiting.filter(({ startLine }) => startLine < first);
    if (ready.length > 0) this.#waiting = this.#waiting.filter(({ startLine }) => startLine >= first);
    return ready.sort((a, b) => a.startLine - b.startLine);
  }
}
