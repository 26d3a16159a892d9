// SPDX-License-Identifier: GPL-2.0-only
import type { ProgressListener } from '../model/events.ts';
import type { Workspace } from '../host/workspace.ts';
import type { Paint } from '../report/paint.ts';

/** What every command is given. */
export interface CommandContext {
  readonly workspace: Workspace;
  /** Aborts when the person wants to stop. */
  readonly signal: AbortSignal;
  readonly setStatus: (status: number) => void;
  readonly emit: ProgressListener & { readonly done: () => void };
  /** Standard output: results only. */
  readonly print: (text: string) => void;
  /** Colours for standard output, where they belong on it. */
  readonly paint: Paint;
}

/** JSON as every command prints it. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
