// SPDX-License-Identifier: GPL-2.0-only
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDir } from '../host/temp-dir.ts';
import { chooseAccelerator } from '../machine/accelerator.ts';
import { boot } from '../machine/boot.ts';
import { readConsole } from '../machine/console.ts';
import { clockTooFast, timersBroken } from '../machine/emulated-time.ts';
import { BootError, HostError } from '../model/errors.ts';
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

/** Boots of a guest whose clocks a busy host spoils. */
const MOST_BOOTS = 4;

/**
 * Boots a guest; its console log is in its private folder unless `consoleLog` says otherwise. An emulated guest whose
 * clock or timers do not work is booted again.
 *
 * @throws as `boot` does; HostError `EMULATED_TIME` when no boot gives a guest with working clocks, `CONSOLE_NOT_KEPT`
 *   when
 *   its log is gone.
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
  for (let attempt = 1; attempt <= MOST_BOOTS; attempt++) {
    const booted = await bootOnce(kernel, guest, accelerator, lab, signal, deadlines, consoleLog);
    if (booted !== 'spoilt') return booted;
  }
  throw new HostError('EMULATED_TIME', `${MOST_BOOTS} emulated guests came up with clocks or timers that do not work`, {
    hint: 'run on a host that is less busy',
  });
}

async function bootOnce(
  kernel: Kernel,
  guest: GuestSpec,
  accelerator: Accelerator,
  lab: Pick<Lab, 'rootfs' | 'identity'>,
  signal: AbortSignal,
  deadlines: Parameters<typeof boot>[2],
  givenLog?: string,
): Promise<LabGuest | 'spoilt'> {
  const dir = await makePrivateDir();
  const consoleLog = givenLog ?? join(dir.path, 'console.log');
  const emulated = accelerator === 'tcg';
  let started: StartedGuest | null = null;
  const dispose = async (): Promise<void> => {
    try {
      await started?.kill();
    } finally {
      await dir[Symbol.asyncDispose]();
    }
  };
  try {
    const keys = join(dir.path, 'keys.cpio');
    await writeFile(keys, packCpio(lab.identity.overlay), { mode: 0o600 });
    const request = {
      kernel,
      guest,
      accelerator,
      initramfs: [lab.rootfs.image, keys],
      workDir: dir.path,
      consoleLog,
      key: lab.identity.key,
    };
    const startedAt = performance.now();
    started = await boot(request, signal, deadlines);
    if (!emulated || !(await timeIsSpoilt(started, startedAt, consoleLog))) {
      return Object.assign(started, { privateDir: dir.path, [Symbol.asyncDispose]: dispose });
    }
    await dispose();
  } catch (error) {
    const spoilt =
      emulated && error instanceof BootError && timersBroken(await readConsole(consoleLog).catch(() => ''));
    await dispose();
    if (!spoilt) throw error;
  }
  await rm(consoleLog, { force: true });
  return 'spoilt';
}

async function timeIsSpoilt({ remote }: StartedGuest, startedAt: number, consoleLog: string): Promise<boolean> {
  // A session that fails here is the caller's to find out about.
  const uptime = await remote.exec('cat /proc/uptime').catch(() => null);
  const elapsedMs = performance.now() - startedAt;
  return (uptime !== null && clockTooFast(uptime.stdout, elapsedMs)) || timersBroken(await readConsole(consoleLog));
}
