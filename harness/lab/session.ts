// SPDX-License-Identifier: GPL-2.0-only
import { setTimeout as sleep } from 'node:timers/promises';
import { aborted, orAborted } from '../host/deadline.ts';
import { HostError, WrongKernelError } from '../model/errors.ts';
import type { GuestEnd, SessionResult } from '../model/guest-end.ts';
import { bootGuest } from './boot.ts';
import type { GuestKit, GuestRequest, LabGuest } from './guest.ts';
import { markEnd } from './end-mark.ts';
import { endOf } from './end-of.ts';
import { hostStalled, pulseOf } from './host-pulse.ts';
import { machineGone } from './machine-gone.ts';
import { proveKernel } from './proof.ts';
import { SplatWatch } from './splat-watch.ts';

/** A guest that answers and runs the kernel that was asked for. */
export interface GuestSession {
  readonly guest: LabGuest;
  readonly splats: SplatWatch;
}

/** What a session is used for: start a program in it and wait for that program's own end (`programEnd`). */
export type Use = (session: GuestSession, signal: AbortSignal) => Promise<GuestEnd>;

/**
 * One guest, from boot to end: boots it, proves its kernel, and lets `use` go on until that ends by itself, the console
 * shows a splat, the machine is gone, the host stalls, or `signal` aborts; whichever is first. QEMU has ended when
 * this resolves, and the console is whole: after a program that completed it ends with the guest's end mark.
 *
 * @throws the signal's reason; what does not concern this guest (HostError: evidence could not be kept). Everything
 *   else is an end.
 */
export async function runSession(
  request: GuestRequest,
  kit: GuestKit,
  signal: AbortSignal,
  use: Use,
): Promise<SessionResult> {
  let booted: LabGuest;
  try {
    booted = await bootGuest(request, kit, signal);
  } catch (error) {
    return { end: endOrThrow(error, signal), guestBuildId: null, argv: [], bootMs: null };
  }
  await using guest = booted;
  const { argv, bootMs } = guest;
  const over = new AbortController();
  const running = AbortSignal.any([over.signal, signal]);
  const session = { guest, splats: new SplatWatch(guest) };
  let guestBuildId: string | null = null;
  let end: GuestEnd;
  try {
    guestBuildId = await proveKernel(guest, request.kernel, running);
    end = await firstEnd(session, use, running, over);
    if (end.kind === 'completed') await markEnd(guest, signal);
  } catch (error) {
    if (error instanceof WrongKernelError) guestBuildId = error.reported;
    end = endOrThrow(error, signal);
  }
  end = await orAborted(signal, explain(end, session, signal));
  await guest.kill();
  return { end, guestBuildId, argv, bootMs };
}

function endOrThrow(error: unknown, signal: AbortSignal): GuestEnd {
  signal.throwIfAborted();
  const end = endOf(error);
  if (end === null) throw error;
  return end;
}

/** The first end, `use` being over: what it could not put away is thrown. */
async function firstEnd(
  session: GuestSession,
  use: Use,
  running: AbortSignal,
  over: AbortController,
): Promise<GuestEnd> {
  const { guest, splats } = session;
  const used = use(session, running);
  try {
    return await Promise.race([
      used,
      splats.followed(running).then((): GuestEnd => ({ kind: 'splat' })),
      machineGone(guest),
      hostStalled(pulseOf(guest), guest.times.hostStallMs, running),
      aborted(running),
    ]);
  } finally {
    over.abort();
    await windDown(used, guest.times.windDownMs);
  }
}

/** @throws HostError that concerns the run: a log that could not be kept. What else `use` ends with is no news. */
async function windDown(used: Promise<unknown>, ms: number): Promise<void> {
  const failure = used.then(
    () => null,
    (error: unknown) => error,
  );
  const over = new AbortController();
  const ended = await Promise.race([failure, sleep(ms, null, { signal: over.signal })]);
  over.abort();
  if (ended instanceof HostError && ended.concerns === 'run') throw ended;
}

/**
 * What caused an end: a machine that went explains a lost session, and a splat explains everything but the host and a
 * kernel that is not the one that was asked for.
 */
async function explain(end: GuestEnd, { guest, splats }: GuestSession, signal: AbortSignal): Promise<GuestEnd> {
  const cause = await causeOf(end, guest, signal);
  if (!splats.seen || cause.kind === 'host-fault' || cause.kind === 'wrong-kernel') return cause;
  await splats.followed(signal);
  return { kind: 'splat' };
}

async function causeOf(end: GuestEnd, guest: LabGuest, signal: AbortSignal): Promise<GuestEnd> {
  if (end.kind !== 'guest-lost' && end.kind !== 'program-failed') return end;
  return Promise.race([machineGone(guest), sleep(guest.times.afterLossMs, end, { signal })]);
}
