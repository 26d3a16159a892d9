// SPDX-License-Identifier: GPL-2.0-only
import type { ProgressEvent } from '../../model/events.ts';
import type { SourceOptions } from '../../source/store.ts';

/** Options for `prepareSource` that keep the events. */
export function sourceOptions(cacheDir: string): SourceOptions & { readonly events: ProgressEvent[] } {
  const events: ProgressEvent[] = [];
  return {
    cacheDir,
    offline: false,
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    events,
  };
}
