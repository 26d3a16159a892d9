// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../model/errors.ts';
import type { AcceleratorChoice } from '../model/guest.ts';

/** Options that several commands share, as commander gives them. */
export interface PlanFlags {
  readonly plan?: string;
  readonly accel?: AcceleratorChoice;
  readonly offline?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly results?: string;
}

/** @throws UsageError when `text` is not a whole number from 1 up. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new UsageError('NOT_A_NUMBER', `${option} ${text}: not a whole number from 1 up`, { hint: `${option} 1` });
}
