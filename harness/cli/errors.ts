// SPDX-License-Identifier: GPL-2.0-only
import { SwapraceError } from '../model/errors.ts';

/** What a person reads when a command could not do its work: action, value, mend, evidence. */
export function describeError(error: unknown): string {
  if (!(error instanceof SwapraceError)) {
    return `swaprace: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  }
  const parts = [`swaprace: ${error.message}`];
  if (error.details !== undefined) parts.push(indent(error.details));
  if (error.hint !== undefined) parts.push(`Try: ${error.hint}`);
  return `${parts.join('\n')}\n`;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
