// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { readTextIfExists } from '../host/files.ts';
import { run } from '../host/process.ts';
import { HostError } from '../model/errors.ts';
import type { Accelerator, GuestSpec, StartedGuest } from '../model/guest.ts';

/** What of the host a guest gets for itself while it is measured. */
export interface Dedicated {
  /** A core for each vCPU, in their order; null when they are left to the host's scheduler. */
  readonly cores: readonly number[] | null;
  /** QEMU locks the guest's memory: no fault of the host is in a figure. */
  readonly lockMemory: boolean;
  /** QEMU's main loop, which fires an emulated guest's timers, comes before everything ordinary on the host. */
  readonly promptTimers: boolean;
  /** All of it in words, for the run's record. */
  readonly facts: Readonly<Record<'vcpuCores' | 'guestMemory' | 'guestTimers', string>>;
}

/** The host's cores. */
export interface HostCores {
  /** Where this process may run. */
  readonly allowed: readonly number[];
  /** Kept free of other work by `isolcpus=`. */
  readonly isolated: readonly number[];
}

/** What this process may do: the text of /proc/self/status and /proc/self/limits. */
export interface Rights {
  readonly status: string;
  readonly limits: string;
}

/** Bits of CapEff (capabilities(7)). */
const CAP_IPC_LOCK = 14n;
const CAP_SYS_NICE = 23n;
/** QEMU's own memory, in addition to the guest's. */
const QEMU_MIB = 1024;
/** SCHED_FIFO priority of QEMU's main loop: it wakes for microseconds. */
const MAIN_LOOP_PRIORITY = 10;

/** The cores on which this process may run. */
export async function allowedCores(): Promise<readonly number[]> {
  return coresIn(await readFile('/proc/self/status', 'utf8'));
}

function coresIn(status: string): number[] {
  return parseCpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '');
}

/** What the host has for a guest that is measured. */
export async function dedicate(guest: GuestSpec, accelerator: Accelerator): Promise<Dedicated> {
  const rights = {
    status: await readFile('/proc/self/status', 'utf8'),
    limits: await readFile('/proc/self/limits', 'utf8'),
  };
  const host = {
    allowed: coresIn(rights.status),
    isolated: parseCpuList((await readTextIfExists('/sys/devices/system/cpu/isolated')) ?? ''),
  };
  return choose(guest, accelerator, host, rights);
}

/** As `dedicate`, for a given host. Pure. */
export function choose(
  { vcpus, memoryMiB }: Pick<GuestSpec, 'vcpus' | 'memoryMiB'>,
  accelerator: Accelerator,
  host: HostCores,
  rights: Rights,
): Dedicated {
  const cores = chooseCores(vcpus, host);
  const lockMemory = accelerator === 'kvm' && mayLock(memoryMiB + QEMU_MIB, rights);
  const promptTimers = accelerator === 'tcg' && mayBePrompt(rights);
  return {
    cores: typeof cores === 'string' ? null : cores,
    lockMemory,
    promptTimers,
    facts: {
      vcpuCores: typeof cores === 'string' ? `not pinned: ${cores}` : cores.join(','),
      guestMemory: memoryText(accelerator, lockMemory),
      guestTimers: timersText(accelerator, promptTimers),
    },
  };
}

/** An emulator would lock its translations, too: a gigabyte. */
function memoryText(accelerator: Accelerator, locked: boolean): string {
  if (accelerator === 'tcg') return 'emulated, left as it is';
  return locked ? 'locked' : 'not locked: the limit of locked memory is too low (ulimit -l)';
}

function timersText(accelerator: Accelerator, prompt: boolean): string {
  if (accelerator === 'kvm') return 'the host kernel’s';
  return prompt
    ? `QEMU’s main loop at SCHED_FIFO ${MAIN_LOOP_PRIORITY}`
    : 'not prompt: QEMU’s main loop waits for its turn (ulimit -r)';
}

/** Isolated cores when there are enough; else the last ones; else why none. Pure. */
export function chooseCores(vcpus: number, { allowed, isolated }: HostCores): readonly number[] | string {
  if (isolated.length >= vcpus) return isolated.slice(0, vcpus);
  if (allowed.length >= vcpus) return allowed.slice(-vcpus);
  return `${vcpus} vCPUs on ${allowed.length} cores`;
}

/** `0-3,8` as the kernel writes lists of CPUs. */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = NaN, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

function mayLock(mib: number, rights: Rights): boolean {
  return hasCapability(CAP_IPC_LOCK, rights) || limitOf('Max locked memory', rights) >= mib * 2 ** 20;
}

function mayBePrompt(rights: Rights): boolean {
  return hasCapability(CAP_SYS_NICE, rights) || limitOf('Max realtime priority', rights) >= MAIN_LOOP_PRIORITY;
}

function hasCapability(bit: bigint, { status }: Rights): boolean {
  return ((BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`) >> bit) & 1n) === 1n;
}

/** A soft limit in its own unit. */
function limitOf(name: string, { limits }: Rights): number {
  const soft = limits
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length)
    .trim()
    .split(/\s+/)[0];
  return soft === 'unlimited' ? Infinity : Number(soft ?? 0);
}

/**
 * Gives a started guest its cores and its timers.
 *
 * @throws HostError `DEDICATE_FAILED` with what taskset(1) or chrt(1) say, `QMP_FAILED` when QEMU has gone.
 */
export async function giveTo(
  machine: Pick<StartedGuest, 'pid' | 'vcpuThreads'>,
  { cores, promptTimers }: Dedicated,
  signal: AbortSignal,
): Promise<void> {
  const threads = cores === null ? [] : await machine.vcpuThreads();
  for (const [index, core] of (cores ?? []).entries()) {
    await change('taskset', ['--cpu-list', '--pid', String(core), String(threads[index])], {
      what: `pin vCPU ${index} to core ${core}`,
      hint: 'cores of isolcpus= must be open to this process (cpuset of its control group)',
      signal,
    });
  }
  // The thread whose id is the process's; what it starts for the disk is ordinary.
  if (!promptTimers) return;
  await change('chrt', ['--fifo', '--reset-on-fork', '--pid', String(MAIN_LOOP_PRIORITY), String(machine.pid)], {
    what: 'make QEMU’s main loop prompt',
    hint: 'a control group may have no real-time runtime (cpu.rt_runtime_us)',
    signal,
  });
}

interface Change {
  readonly what: string;
  readonly hint: string;
  readonly signal: AbortSignal;
}

async function change(program: string, args: readonly string[], { what, hint, signal }: Change): Promise<void> {
  const { exitCode, stderr } = await run(program, args, { signal });
  if (exitCode !== 0)
    throw new HostError('DEDICATE_FAILED', `Cannot ${what}: ${stderr.trim()}`, { hint, concerns: 'guest' });
}
