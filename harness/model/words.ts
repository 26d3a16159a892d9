// SPDX-License-Identifier: GPL-2.0-only
import type { SwapBackend } from './guest.ts';
import type { StepOutcome, VariantOutcome } from './outcome.ts';

/** The word for an outcome, of a step or of a variant. */
export const WORD: Readonly<Record<StepOutcome | VariantOutcome, string>> = {
  target: 'reproduced',
  hang: 'hang',
  'other-bug': 'other-bug',
  ok: 'nothing happened',
  'not-reproduced': 'not reproduced',
  closed: 'closed',
  measured: 'measured',
  inconclusive: 'inconclusive',
};

/** `1 trial`, `1,234 trials`. */
export function several(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

export function backendText(backend: SwapBackend): string {
  switch (backend.kind) {
    case 'virtio-blk':
      return `virtio-blk (${backend.rotational ? 'rotational' : 'not rotational'}), ${backend.sizeKiB} KiB`;
    case 'file':
      return `a file on ${backend.filesystem}, ${backend.sizeKiB} KiB`;
    case 'zram':
      return `zram, ${backend.sizeKiB} KiB`;
    case 'none':
      return 'no swap';
  }
}

/** A backend in one word, for titles. */
export function backendWord(backend: SwapBackend): string {
  if (backend.kind === 'virtio-blk') return backend.rotational ? 'rotational' : 'solid-state';
  return backend.kind;
}
