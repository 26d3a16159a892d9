import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDir } from '../host/private-dir.ts';
import { chooseAccelerator } from '../machine/accelerator.ts';
import { boot } from '../machine/boot.ts';
import type { ProgressListener } from '../model/events.ts';
import type { Accelerator, AcceleratorChoice, AcceleratorDecision, GuestSpec, StartedGuest } from '../model/guest.ts';
import type { Kernel } from '../model/kernel.ts';
import { packCpio } from '../rootfs/cpio.ts';
import { newIdentity, type RunIdentity } from '../rootfs/keys.ts';
import { buildRootfs, type Rootfs } from '../rootfs/rootfs.ts';
import type { Workspace } from './workspace.ts';

/** What guests of one run share: image, keys, accelerator. */
export interface Lab {
  readonly rootfs: Rootfs;
  readonly identity: RunIdentity;
  readonly decision: AcceleratorDecision;
}

export interface LabOptions {
  readonly workspace: Workspace;
  readonly offline: boolean;
  readonly accelerator: AcceleratorChoice;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
}

/** The smallest machine: enough to see whether an accelerator runs a kernel. */
const PROBE_GUEST: GuestSpec = { vcpus: 1, memoryMiB: 256, cmdline: [], backend: { kind: 'zram', sizeKiB: 1024 } };

/** Makes everything that guests need beside their kernel; `kernel` is booted once where the accelerator is in doubt. */
export async function openLab(kernel: Kernel, options: LabOptions): Promise<Lab> {
  const rootfs = await buildRootfs({
    guestsDir: options.workspace.guestsDir,
    cacheDir: options.workspace.cacheDir,
    offline: options.offline,
    signal: options.signal,
  });
  const identity = newIdentity();
  const decision = await chooseAccelerator(options.accelerator, async (accelerator, budgetMs) => {
    const deadlines = { firstByteMs: budgetMs, silenceMs: budgetMs, sessionMs: budgetMs };
    const lab = { rootfs, identity };
    await using guest = await bootGuest(kernel, PROBE_GUEST, accelerator, lab, options.signal, deadlines);
    await guest.kill();
  });
  options.emit({ kind: 'phase', name: 'accelerator', detail: `${decision.accelerator}: ${decision.reason}` });
  return { rootfs, identity, decision };
}

/** A booted guest whose private folder goes with it. */
export interface LabGuest extends StartedGuest {
  readonly privateDir: string;
}

/**
 * Boots a guest outside of any run; its console log is in its private folder unless `consoleLog` says otherwise.
 *
 * @throws as `boot` does.
 */
export async function bootGuest(
  kernel: Kernel,
  guest: GuestSpec,
  accelerator: Accelerator,
  lab: Pick<Lab, 'rootfs' | 'identity'>,
  signal: AbortSignal,
  deadlines?: Parameters<typeof boot>[2],
  consoleLog?: string,
): Promise<LabGuest> {
  const dir = await makePrivateDir();
  try {
    const keys = join(dir.path, 'keys.cpio');
    await writeFile(keys, packCpio(lab.identity.overlay), { mode: 0o600 });
    const started = await boot(
      {
        kernel,
        guest,
        accelerator,
        initramfs: [lab.rootfs.image, keys],
        workDir: dir.path,
        consoleLog: consoleLog ?? join(dir.path, 'console.log'),
        key: lab.identity.key,
      },
      signal,
      deadlines,
    );
    const dispose = async (): Promise<void> => {
      await started.kill();
      await dir[Symbol.asyncDispose]();
    };
    return Object.assign(started, { privateDir: dir.path, [Symbol.asyncDispose]: dispose });
  } catch (error) {
    await dir[Symbol.asyncDispose]();
    throw error;
  }
}
