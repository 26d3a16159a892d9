// SPDX-License-Identifier: GPL-2.0-only
import type { boot } from '../machine/boot.ts';
import type { Accelerator, GuestSpec, StartedGuest } from '../model/guest.ts';
import type { Kernel } from '../model/kernel.ts';
import type { RunIdentity } from '../rootfs/keys.ts';
import type { Rootfs } from '../rootfs/rootfs.ts';

/** What guests of one run share: image, keys, machine, deadlines. */
export interface GuestKit {
  readonly rootfs: Rootfs;
  readonly identity: RunIdentity;
  /** What the image was made from; races are read from there. */
  readonly guestsDir: string;
  /** Starts a machine: QEMU's, or a test's. */
  readonly boot: typeof boot;
  readonly times: SessionTimes;
}

/** A guest to be booted. */
export interface GuestRequest {
  readonly kernel: Kernel;
  readonly guest: GuestSpec;
  readonly accelerator: Accelerator;
  /** Where its console goes, replacing what is there; where it is absent, the console goes with the guest. */
  readonly consoleLog?: string;
  /** With a debugger's stub and snapshots. */
  readonly placing?: boolean;
}

/** A booted guest whose private folder goes with it. */
export interface LabGuest extends StartedGuest {
  readonly privateDir: string;
  readonly times: SessionTimes;
}

/** Deadlines of a session, in milliseconds. */
export interface SessionTimes {
  /** For the answer to one request: a guest that answers does so within seconds, on a busy host, under emulation. */
  readonly answerMs: number;
  /** Without a report of a program that reports ten times a second: such a guest no longer answers. */
  readonly silenceMs: number;
  /** Of the host, or of QEMU: shorter ones are below what detectors of hangs wait for. */
  readonly hostStallMs: number;
  /** For the console to print what SysRq or an NMI asked for. */
  readonly backtraceMs: number;
  /** For a machine to be seen to go, and for the console's last bytes, after a session or a program was lost. */
  readonly afterLossMs: number;
  /** For what a session was used for to put its things away, when it is over. */
  readonly windDownMs: number;
}

export const SESSION_TIMES: SessionTimes = {
  answerMs: 30_000,
  silenceMs: 20_000,
  hostStallMs: 5_000,
  backtraceMs: 3_000,
  afterLossMs: 1_000,
  windDownMs: 10_000,
};
