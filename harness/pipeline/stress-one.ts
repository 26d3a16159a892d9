// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../model/errors.ts';
import type { GuestSpec } from '../model/guest.ts';
import type { Plan, StressProbe } from '../model/plan.ts';

/**
 * A plan reduced to one variant under one probe. The probe's control stays: without it an absence means nothing.
 *
 * @throws UsageError `UNKNOWN_PROBE` naming the probes there are.
 */
export function soloPlan(plan: Plan, variant: string, probeId: string | undefined, seconds: number | undefined): Plan {
  const probe = probeOf(plan, probeId);
  const variants = [...new Set([probe.control, variant])];
  const trialSeconds = seconds === undefined ? {} : { trialSeconds: seconds };
  const budgets = Object.fromEntries(variants.map((id) => [id, { ...probe.budgets[id], ...trialSeconds }]));
  return { ...plan, name: `${plan.name}: ${variant}`, probes: [{ ...probe, variants, budgets }], explorations: [] };
}

/**
 * A plan's stress probe; its first when none is named.
 *
 * @throws UsageError `UNKNOWN_PROBE` naming the probes there are.
 */
export function probeOf(plan: Plan, id: string | undefined): StressProbe {
  const probe = id === undefined ? plan.probes[0] : plan.probes.find((each) => each.id === id);
  if (probe !== undefined) return probe;
  throw new UsageError('UNKNOWN_PROBE', `The plan ${plan.name} has no probe ${id ?? ''}`, {
    hint: `one of: ${plan.probes.map((each) => each.id).join(', ')}`,
  });
}

/** The machine of a plan's first probe: what a person who boots a variant by hand gets. */
export function guestOf(plan: Plan): GuestSpec {
  const { vcpus, memoryMiB, cmdline, backend } = probeOf(plan, undefined);
  return { vcpus, memoryMiB, cmdline, backend };
}
