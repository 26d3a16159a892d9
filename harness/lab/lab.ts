// SPDX-License-Identifier: GPL-2.0-only
import { chooseAccelerator } from '../machine/accelerator.ts';
import { boot } from '../machine/boot.ts';
import type { ProgressListener } from '../model/events.ts';
import type { AcceleratorChoice, AcceleratorDecision, GuestSpec } from '../model/guest.ts';
import type { Kernel } from '../model/kernel.ts';
import { newIdentity } from '../rootfs/keys.ts';
import { buildRootfs } from '../rootfs/rootfs.ts';
import { bootGuest } from './boot.ts';
import { SESSION_TIMES, type GuestKit } from './guest.ts';

/** What guests of one run share, and how they are run. */
export interface Lab extends GuestKit {
  readonly decision: AcceleratorDecision;
}

export interface LabOptions {
  readonly workspace: { readonly guestsDir: string; readonly cacheDir: string };
  readonly offline: boolean;
  readonly accelerator: AcceleratorChoice;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

/** The smallest machine: enough to see whether an accelerator runs a kernel. */
const PROBE_GUEST: GuestSpec = { vcpus: 1, memoryMiB: 256, cmdline: [], backend: { kind: 'zram', sizeKiB: 1024 } };

/** Makes everything that guests need with their kernel; `kernel` is booted once where the accelerator is in doubt. */
export async function openLab(kernel: Kernel, options: LabOptions): Promise<Lab> {
  const { workspace, offline, signal, emit } = options;
  const { guestsDir, cacheDir } = workspace;
  const rootfs = await buildRootfs({ guestsDir, cacheDir, offline, signal, onEvent: emit });
  const kit = { rootfs, identity: newIdentity(), guestsDir, boot, times: SESSION_TIMES };
  const decision = await chooseAccelerator(options.accelerator, async (accelerator, budgetMs) => {
    const deadlines = { firstByteMs: budgetMs, silenceMs: budgetMs, sessionMs: budgetMs };
    await using guest = await bootGuest({ kernel, guest: PROBE_GUEST, accelerator }, kit, signal, deadlines);
    await guest.kill();
  });
  emit({ kind: 'phase', name: 'accelerator', detail: `${decision.accelerator}: ${decision.reason}` });
  return { ...kit, decision };
}
