// SPDX-License-Identifier: GPL-2.0-only
import { parse, stringify } from 'yaml';
import type { AcceleratorChoice } from '../model/guest.ts';
import type { Plan } from '../model/plan.ts';
import { parsePlan, type PlanPlace } from './parse.ts';

/** What a command does otherwise than a plan's file says. */
export interface PlanChange {
  readonly name?: string;
  readonly seed?: number;
  readonly accelerator?: AcceleratorChoice;
  /** The one probe that is kept, and keys that replace its own. */
  readonly probe?: { readonly id: string; readonly keys: Readonly<Record<string, unknown>> };
}

/**
 * A plan with a change, which is made in its text: whatever a run does follows from the text that is stored with it.
 *
 * @throws UsageError `PLAN_INVALID`
 */
export function changedPlan({ text }: Plan, { probe, ...keys }: PlanChange, place: PlanPlace): Plan {
  const file = parse(text) as Readonly<Record<string, unknown>> & { readonly probes: Readonly<Record<string, object>> };
  const probes = probe === undefined ? file.probes : { [probe.id]: { ...file.probes[probe.id], ...probe.keys } };
  const changed = stringify({ ...file, ...keys, probes }, { lineWidth: 0, aliasDuplicateObjects: false });
  return parsePlan(changed, place);
}
