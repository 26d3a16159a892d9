// SPDX-License-Identifier: GPL-2.0-only
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDir } from '../host/temp-dir.ts';
import type { BootDeadlines } from '../machine/boot.ts';
import { readConsole } from '../machine/console.ts';
import { clockTooFast, timersBroken } from '../machine/emulated-time.ts';
import { BootError, HostError } from '../model/errors.ts';
import type { StartedGuest } from '../model/guest.ts';
import { packCpio } from '../rootfs/cpio.ts';
import { answered } from './answered.ts';
import type { GuestKit, GuestRequest, LabGuest } from './guest.ts';

/** Boots of an emulated guest whose clocks a busy host spoils. */
const MOST_BOOTS = 8;
/** Boots of an emulated guest that does not come up, where another attempt may: the kernel may be at fault as well. */
const MOST_SILENT_BOOTS = 3;

/** How one boot ended, where another attempt may do. */
type Attempt =
  | { readonly kind: 'up'; readonly guest: LabGuest }
  | { readonly kind: 'spoilt' }
  | { readonly kind: 'silent'; readonly error: BootError };

/**
 * Boots a guest. An emulated guest is booted again when its clock or timers do not work, or when it falls silent on its
 * way; so it is for every kind of probe.
 *
 * @throws as `boot` does; HostError `EMULATED_TIME`, which concerns the guest, when no boot gives working clocks;
 *   HostError `CONSOLE_NOT_KEPT` when its log is gone.
 */
export async function bootGuest(
  request: GuestRequest,
  kit: GuestKit,
  signal: AbortSignal,
  deadlines?: BootDeadlines,
): Promise<LabGuest> {
  let silent = 0;
  for (let boots = 0; boots < MOST_BOOTS; boots++) {
    signal.throwIfAborted();
    const attempt = await bootOnce(request, kit, signal, deadlines);
    if (attempt.kind === 'up') return attempt.guest;
    if (attempt.kind === 'silent' && ++silent === MOST_SILENT_BOOTS) throw attempt.error;
  }
  throw new HostError('EMULATED_TIME', `${MOST_BOOTS} emulated guests came up with clocks or timers that do not work`, {
    hint: 'run on a host that is less busy',
    concerns: 'guest',
  });
}

async function bootOnce(
  request: GuestRequest,
  kit: GuestKit,
  signal: AbortSignal,
  deadlines: BootDeadlines | undefined,
): Promise<Attempt> {
  const dir = await makePrivateDir();
  const consoleLog = request.consoleLog ?? join(dir.path, 'console.log');
  const emulated = request.accelerator === 'tcg';
  let started: StartedGuest | null = null;
  const dispose = async (): Promise<void> => {
    try {
      await started?.kill();
    } finally {
      await dir[Symbol.asyncDispose]();
    }
  };
  try {
    // Nothing is kept of a guest that is booted again.
    await rm(consoleLog, { force: true });
    const startedAt = performance.now();
    started = await start(request, kit, dir.path, consoleLog, signal, deadlines);
    const guest = Object.assign(started, { privateDir: dir.path, times: kit.times, [Symbol.asyncDispose]: dispose });
    if (!emulated || !(await timeIsSpoilt(guest, startedAt, consoleLog, signal))) return { kind: 'up', guest };
    await dispose();
    return { kind: 'spoilt' };
  } catch (error) {
    const spoilt =
      emulated && error instanceof BootError && timersBroken(await readConsole(consoleLog).catch(() => ''));
    await dispose();
    if (spoilt) return { kind: 'spoilt' };
    if (emulated && error instanceof BootError && error.again) return { kind: 'silent', error };
    throw error;
  }
}

async function start(
  { kernel, guest, accelerator, placing = false }: GuestRequest,
  { rootfs, identity, boot }: GuestKit,
  workDir: string,
  consoleLog: string,
  signal: AbortSignal,
  deadlines: BootDeadlines | undefined,
): Promise<StartedGuest> {
  const keys = join(workDir, 'keys.cpio');
  await writeFile(keys, packCpio(identity.overlay), { mode: 0o600 });
  const initramfs = [rootfs.image, keys];
  return boot(
    { kernel, guest, accelerator, initramfs, workDir, consoleLog, key: identity.key, placing },
    signal,
    deadlines,
  );
}

async function timeIsSpoilt(
  guest: LabGuest,
  startedAt: number,
  consoleLog: string,
  signal: AbortSignal,
): Promise<boolean> {
  const uptime = await answered(guest, 'its uptime', signal, (within) =>
    guest.remote.exec('cat /proc/uptime', { signal: within }),
  ).catch(() => null);
  signal.throwIfAborted();
  const elapsedMs = performance.now() - startedAt;
  // A session that fails here fails the proof of the kernel as well, which says so.
  return (uptime !== null && clockTooFast(uptime.stdout, elapsedMs)) || timersBroken(await readConsole(consoleLog));
}
