// SPDX-License-Identifier: GPL-2.0-only
import type { Detector, Firing } from './detector.ts';
import { ATOMICITY, LOCKING } from './table/locking.ts';
import { MEMORY } from './table/memory.ts';
import { OOPSES } from './table/oops.ts';
import { OTHERS, PANICS } from './table/panics.ts';
import { SANITIZERS } from './table/sanitizers.ts';
import { STALLS } from './table/stalls.ts';
import { WARNINGS } from './table/warnings.ts';
import { either, namedGroups, sequence } from './pattern.ts';

/** What kernels from 4.x to 6.x print when they complain. The first entry that a line fires is the one. */
export const TABLE: readonly Detector[] = [
  ...OOPSES,
  ...SANITIZERS,
  ...WARNINGS,
  ...LOCKING,
  ...ATOMICITY,
  ...STALLS,
  ...MEMORY,
  ...PANICS,
  ...OTHERS,
];

/** All first lines in one pattern: what most lines need is a fast no. */
const ANY = new RegExp(TABLE.map(({ starts }) => unnamed(starts)).join('|'));
/** The same in the middle of a line. A task's name has no blank there: where it would begin is unknown. */
const INSIDE = new RegExp(
  `(?<![\\w.$+-])(?:${TABLE.filter(({ type }) => type !== 'reboot')
    .map(({ starts }) =>
      unnamed(starts)
        .replace(/(?<![[\\])\^/g, '')
        .replaceAll('.{1,15}', `[^\\s;="',|)\\]]{1,15}`),
    )
    .join('|')}|-{4,}\\[ cut here \\]-{4,})`,
  'g',
);

function unnamed({ source }: RegExp): string {
  return source.replace(/\(\?<[a-z]\w*>/g, '(?:');
}

/** A headline with more than this before it does not follow a prefix. */
const MAX_PREFIX = 200;
/** As much of a headline is needed to know it. */
const MAX_HEADLINE = 300;

/** The entry that a cleaned line fires, with the line's named groups; null for all that a healthy kernel prints. */
export function fire(line: string): Firing | null {
  return fireAt(line.trimStart()) ?? fireGlued(line);
}

/** What a headline does not end with; a terminal breaks a line in the middle of a word. */
const FOLDED = / (?:at|in)$|^WARNING: .* at \S+:\d+ [\w.]*$/;

/** Two lines that were one. */
export function unfolded(first: string, next: string): string {
  const rest = next.trimStart();
  return /-$| \w+$/.test(first) && (first.endsWith('-') || /^[\w.]*\+0x/.test(rest)) && !/ (?:at|in)$/.test(first)
    ? first + rest
    : `${first} ${rest}`;
}

/** The entry that a headline fires together with the line after it, where it was folded; null for a whole one. */
export function fireFolded(first: string, next: string, known: Detector): Firing | null {
  if (!known.vague && !FOLDED.test(first)) return null;
  const firing = fire(unfolded(first, next));
  return firing?.detector.vague ? null : firing;
}

const DIE = sequence(
  /(?:Oops: |general protection fault|divide[ _]error|invalid opcode|double fault|stack segment)/,
  /[^[]*: [0-9a-f]{4} \[#\d+\]/,
);

/** Words of which each headline has one, and other lines that matter when no splat is open. */
const NOTABLE = either(
  /BUG\b|Oops|WARNING: |INFO: |ernel panic|PANIC|UBSAN: |ODEBUG: |LOCKUP|hard lockup|nable to handle/,
  /general protection|divide[ _]error|invalid opcode|double fault|stack segment|\[#\d|Internal error: |nhandled /,
  /MSR access error: |Bad mode in|CFI failure|KASAN: .* in range /,
  /Alignment trap: |cut here|end trace|Linux version |invoked oom-killer|ut of memory|page allocation |vmalloc/,
  /unreferenced object|lab corruption|slab error|pagealloc: |refcount_t: |list_add|list_del|usercopy: |detected buffer/,
  /detected field|detected \w+ overflow|tack overflow|has overflowed|overran stack|nsufficient stack|do_IRQ: /,
  /starved for|Bad p|: bad p|Unused swap|unregister_netdevice: |Busy inodes|file count is|Missing ENDBR|nobody cared/,
  /PM: suspend exit|qemu-system-|QEMU emulator/,
  /SysRq|sysrq: |reboot: |SeaBIOS|U-Boot|OpenSBI|iPXE|Restarting system|System halted|Power down/,
  /Starting new kernel|systemd-shutdown|Shutting down|Rebooting|Powering off/,
  /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]/,
);

/** False for the lines that can be passed over while no splat is open: almost all of a log. */
export function isNotable(line: string): boolean {
  return NOTABLE.test(line);
}

/** Where a headline stands that follows other text; null when none does, or when the line begins with one. */
export function fireInside(line: string): number | null {
  const firing = fireAt(line.trimStart());
  if (firing && !firing.detector.vague && !firing.detector.starts.source.startsWith('^(?<comm>')) return null;

  // What precedes is part of the pattern: the search goes on after the first character.
  INSIDE.lastIndex = 1;
  const at = INSIDE.exec(line.slice(0, MAX_PREFIX + MAX_HEADLINE))?.index ?? null;
  return at === null || at > MAX_PREFIX ? null : at;
}

/** die()'s number says that an oops begins here, whatever stood on the console's line before. */
function fireGlued(line: string): Firing | null {
  const die = DIE.exec(line);
  return die && die.index > 0 ? fireAt(line.slice(die.index)) : null;
}

/** Headlines that no other text holds, whatever stands before them on their line. */
const UNMISTAKABLE = either(
  /^(?:(?:NMI )?watchdog: )?BUG: soft lockup - CPU#\d+ stuck for \d+s!|^kernel BUG at \S+:\d+!/,
  /^BUG: (?:unable to handle (?:kernel|page fault) |kernel NULL pointer dereference|K[AMC]SAN: |KFENCE: )/,
  /^BUG: (?:Bad page (?:state|map) in process |scheduling while atomic: |sleeping function called from )/,
  /^Unable to handle kernel (?:NULL pointer|paging request|read from|write to) |^WARNING: CPU: \d+ PID: \d+ at /,
  /^(?:rcu: )?INFO: (?:task \S+:\d+ blocked for more than \d+ seconds|rcu\w* (?:self-)?detected stalls? on CPU)/,
  /^Kernel panic - not syncing: /,
);

/** True for a headline that no message of another kind quotes. */
export function isUnmistakable(text: string): boolean {
  return UNMISTAKABLE.test(text);
}

function fireAt(line: string): Firing | null {
  if (!ANY.test(line)) return null;
  for (const detector of TABLE) {
    const match = detector.starts.exec(line);
    if (match && !detector.except?.test(line)) return { detector, groups: namedGroups(match) };
  }
  return null;
}
