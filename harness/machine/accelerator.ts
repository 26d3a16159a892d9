// SPDX-License-Identifier: GPL-2.0-only
import { access, constants } from 'node:fs/promises';
import type { Accelerator, AcceleratorChoice, AcceleratorDecision } from '../model/guest.ts';
import { HostError } from '../model/errors.ts';

/** A boot under KVM must end within this time; where KVM works, it takes a fraction of it. */
export const KVM_BUDGET_MS = 8_000;

/**
 * Boots a guest with the accelerator and kills it.
 *
 * @throws any error when it did not answer within `budgetMs`.
 */
export type BootTrial = (accelerator: Accelerator, budgetMs: number) => Promise<void>;

/**
 * Chooses the accelerator. Only running guest code shows whether KVM works: /dev/kvm may open on a host that cannot run
 * a kernel under it.
 *
 * @throws HostError `NO_KVM` when KVM was asked for and does not work; the message says what was tried.
 */
export async function chooseAccelerator(choice: AcceleratorChoice, bootTrial: BootTrial): Promise<AcceleratorDecision> {
  if (choice === 'tcg') return { accelerator: 'tcg', reason: 'TCG was asked for' };
  const problem = await kvmProblem(bootTrial);
  if (problem === null) return { accelerator: 'kvm', reason: 'a guest booted under KVM and answered' };
  if (choice === 'auto') return { accelerator: 'tcg', reason: `KVM does not work here: ${problem}` };
  throw new HostError('NO_KVM', `KVM was asked for and does not work here: ${problem}`, {
    hint: 'use --accel tcg, or run on a machine whose /dev/kvm runs guests',
  });
}

async function kvmProblem(bootTrial: BootTrial): Promise<string | null> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch (error) {
    return `/dev/kvm: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
  }
  try {
    await bootTrial('kvm', KVM_BUDGET_MS);
    return null;
  } catch (error) {
    return `/dev/kvm opens, but a guest did not answer within ${KVM_BUDGET_MS / 1000} s (${(error as Error).message})`;
  }
}
