// SPDX-License-Identifier: GPL-2.0-only
/** Guests with the real interface, that do what a test has them do. */
import { writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import type { GuestKit } from '../../lab/guest.ts';
import type { BootRequest, RemoteExit, RemoteOutput, RemoteProcess, StartedGuest } from '../../model/guest.ts';
import type { MachineEnd } from '../../model/guest-end.ts';
import type { Kernel } from '../../model/kernel.ts';
import { guestsDir } from '../race/shipped.ts';

export const kernel = { buildId: 'ab12', bzImage: '/none', vmlinux: '/none', config: null } as unknown as Kernel;
export const BOOTED = '[    0.000000] Linux version 6.1.192\n';

/** A request that a guest never answers. */
export const hangs = (): Promise<never> => new Promise(() => undefined);

export interface Behaviour {
  /** What the boot throws. */
  readonly fails?: Error;
  /** On the console when the guest answers. */
  readonly console?: string;
  readonly buildId?: string;
  /** Of what stands for QEMU; this process where it is absent. */
  readonly pid?: number;
  /** Of the guest's own clock. */
  readonly uptimeSeconds?: number;
  /** Answers to commands, by their first word; every other command succeeds. */
  readonly answers?: Readonly<Record<string, () => Promise<Partial<RemoteOutput>>>>;
  readonly spawn?: (command: string, signal: AbortSignal) => Promise<RemoteProcess>;
}

export interface FakeGuest {
  readonly request: BootRequest;
  readonly commands: readonly string[];
  /** Adds a line to its console. */
  print(line: string): void;
  /** Ends its machine from outside. */
  end(how: MachineEnd): void;
  readonly nmis: number;
  readonly running: boolean;
}

export interface FakeKit extends GuestKit {
  /** Every guest that was booted, in order. */
  readonly guests: readonly FakeGuest[];
}

/** Short, so that what waits for a deadline is over at once. */
const TIMES = { answerMs: 150, silenceMs: 400, hostStallMs: 60_000, backtraceMs: 10, afterLossMs: 50, windDownMs: 100 };

/** The n-th boot gives a guest of the n-th behaviour, the last one again and again. */
export function fakeKit(...behaviours: readonly Behaviour[]): FakeKit {
  const guests: FakeGuest[] = [];
  return {
    guests,
    rootfs: { id: '', image: '/none', packages: {} } as unknown as GuestKit['rootfs'],
    guestsDir,
    identity: { overlay: [], key: { privateKey: '', hostPublicKey: Buffer.alloc(0) } },
    times: TIMES,
    boot: async (request) => {
      const behaviour = behaviours[Math.min(guests.length, behaviours.length - 1)] ?? {};
      await writeFile(request.consoleLog, behaviour.console ?? BOOTED, { flag: 'wx' });
      const { guest, fake } = start(request, behaviour);
      guests.push(fake);
      if (behaviour.fails === undefined) return guest;
      await guest.kill();
      throw behaviour.fails;
    },
  };
}

function start(request: BootRequest, behaviour: Behaviour): { guest: StartedGuest; fake: FakeGuest } {
  const listeners: ((line: string) => void)[] = [];
  const commands: string[] = [];
  const state = { running: true, nmis: 0, lastLineAt: performance.now() };
  const { promise: ended, resolve } = deferred<MachineEnd>();
  const end = (how: MachineEnd): void => {
    state.running = false;
    resolve(how);
  };
  const answer = async (command: string): Promise<RemoteOutput> => {
    commands.push(command);
    // What is written to /dev/kmsg comes on the console.
    const message = /^echo '<\d>(.*)' > \/dev\/kmsg$/.exec(command)?.[1];
    if (message !== undefined) print(`[    9.000000] ${message}`);
    const own = Object.entries(behaviour.answers ?? {}).find(([word]) => command.startsWith(word))?.[1];
    return { code: 0, signal: null, lost: false, stdout: stdoutOf(command, behaviour), stderr: '', ...(await own?.()) };
  };
  const kill = async (): Promise<void> => end({ kind: 'ended-by-harness' });
  const guest: StartedGuest = {
    remote: {
      exec: (command, { signal }) => abortable(answer(command), signal),
      spawn: (command, { signal }) => {
        commands.push(command);
        return abortable(behaviour.spawn?.(command, signal) ?? hangs(), signal);
      },
      upload: hangs,
      download: hangs,
      shell: hangs,
      closed: hangs(),
    },
    sshSockets: [],
    placing: null,
    pid: behaviour.pid ?? process.pid,
    ended,
    onConsoleLine: (listener) => void listeners.push(listener),
    consoleQuietMs: () => performance.now() - state.lastLineAt,
    injectNmi: async () => void state.nmis++,
    vcpuThreads: async () => [],
    status: async () => 'running',
    kill,
    [Symbol.asyncDispose]: kill,
    bootMs: 1000,
    argv: ['qemu'],
  };
  const print = (line: string): void => {
    state.lastLineAt = performance.now();
    for (const listener of listeners) listener(line);
  };
  const fake: FakeGuest = {
    ...{ request, commands, end, print },
    get running() {
      return state.running;
    },
    get nmis() {
      return state.nmis;
    },
  };
  return { guest, fake };
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** As a session does it: an abort rejects at once. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

function stdoutOf(command: string, { buildId = kernel.buildId, uptimeSeconds = 0.1 }: Behaviour): string {
  if (command.startsWith('cat /proc/uptime')) return `${uptimeSeconds} 0.1\n`;
  return command.startsWith('od ') ? notes(buildId) : '';
}

/** /sys/kernel/notes as `od -tx1` prints it. */
function notes(buildId: string): string {
  const id = Buffer.from(buildId, 'hex');
  const header = Buffer.alloc(12);
  header.writeUInt32LE(4, 0);
  header.writeUInt32LE(id.length, 4);
  header.writeUInt32LE(3, 8);
  const bytes = Buffer.concat([header, Buffer.from('GNU\0'), id, Buffer.alloc((4 - (id.length % 4)) % 4)]);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

export interface FakeProcess {
  readonly process: RemoteProcess;
  write(line: string): void;
  exit(how: Partial<RemoteExit>): void;
}

/** A program of a guest. */
export function fakeProcess(): FakeProcess {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { promise: exit, resolve } = deferred<RemoteExit>();
  return {
    process: { stdout, stderr, exit, kill: () => undefined },
    write: (line) => void stdout.write(`${line}\n`),
    exit: (how) => {
      stdout.end();
      resolve({ code: null, signal: null, lost: false, ...how });
    },
  };
}
