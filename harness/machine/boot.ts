// SPDX-License-Identifier: GPL-2.0-only
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { aborted, untilNextLook } from '../host/deadline.ts';
import { withHostErrors } from '../host/files.ts';
import { keepTail, start, tail } from '../host/process.ts';
import { BootError, HostError, InterruptedError, MachineLostError, SwapraceError } from '../model/errors.ts';
import type { BootRequest, PlacingSockets, StartedGuest } from '../model/guest.ts';
import type { MachineEnd } from '../model/guest-end.ts';
import { SerialConsole } from './console.ts';
import { makeDisk } from './disk.ts';
import { makeQcow2 } from './qcow2.ts';
import { qemuArgs, SSH_PORTS } from './qemu-args.ts';
import { QmpClient } from './qmp.ts';
import { connectSsh, type SshSession } from './ssh.ts';

/** How long each phase of a boot may take. Generous: they must separate a dead guest from a slow one. */
export interface BootDeadlines {
  /** Without a single byte on the console. */
  readonly firstByteMs: number;
  /** Without a further byte, before there is a session. */
  readonly silenceMs: number;
  /** From QEMU's start to a session. */
  readonly sessionMs: number;
}

export const DEFAULT_DEADLINES: BootDeadlines = { firstByteMs: 20_000, silenceMs: 30_000, sessionMs: 90_000 };

/** How every kernel's panic message begins. */
const PANIC = 'Kernel panic - not syncing';

/** How long QEMU may take to end after its session broke. */
const AFTER_LOST_SESSION_MS = 2_000;

/** What query-status answers. */
const statusSchema = z.object({ status: z.string() });

/** What QEMU says of a disk image that it cannot read or write. */
const ioErrorSchema = z.object({
  operation: z.string().default('use'),
  reason: z.string().default('an I/O error'),
  nospace: z.boolean().default(false),
});

/** What query-cpus-fast returns per vCPU. */
const vcpusSchema = z.array(z.object({ 'cpu-index': z.number(), 'thread-id': z.number() }));

/** The program that ties QEMU's life to the harness's, whatever ends the harness. */
const TIE = ['setpriv', '--pdeathsig', 'KILL'] as const;

/**
 * Starts a machine and waits until it answers over SSH.
 *
 * @throws BootError `BOOT_PANIC`, `BOOT_SILENT`, `BOOT_RESET`, `BOOT_NO_SESSION`: the kernel's or the image's fault.
 * @throws HostError `QEMU_FAILED`, `QEMU_KILLED`, `DISK_FULL`: the host's.
 * @throws InterruptedError when `signal` aborts.
 */
export async function boot(
  request: BootRequest,
  signal: AbortSignal,
  deadlines: BootDeadlines = DEFAULT_DEADLINES,
): Promise<StartedGuest> {
  const machine = await Machine.start(request, signal);
  const give = new AbortController();
  try {
    const session = await Promise.race([
      machine.connect(request, deadlines, give.signal),
      machine.endedBeforeSession(),
      watchSilence(machine, deadlines, give.signal),
      watchPanic(machine, give.signal),
      interrupted(AbortSignal.any([signal, give.signal])),
    ]);
    return machine.started(session);
  } catch (error) {
    const cause = await machine.causeOf(error);
    await machine.kill();
    throw cause instanceof SwapraceError ? cause : new BootError('BOOT_FAILED', String(cause), { cause });
  } finally {
    give.abort();
  }
}

/** One QEMU process and its connections. */
class Machine {
  readonly ended: Promise<MachineEnd>;
  readonly #startedAt = performance.now();
  #qmp: QmpClient | null = null;
  #shutdownReason: string | null = null;
  #killed = false;
  #diskError: string | null = null;
  #panic: string | null = null;
  readonly #stderr: () => string;

  private constructor(
    readonly argv: readonly string[],
    private readonly child: ReturnType<typeof start>,
    readonly console: SerialConsole,
    private readonly qmpSocket: string,
    private readonly sshSockets: readonly string[],
    private readonly placing: PlacingSockets | null,
  ) {
    console.onLine((line) => {
      if (line.includes(PANIC)) this.#panic ??= line;
    });
    this.#stderr = keepTail(child.stderr);
    this.ended = this.#awaitEnd();
  }

  /** @throws HostError `DISK_FULL` for a full temporary folder. */
  static start(request: BootRequest, signal: AbortSignal): Promise<Machine> {
    return withHostErrors('start a guest', request.workDir, () => Machine.#start(request, signal));
  }

  static async #start(request: BootRequest, signal: AbortSignal): Promise<Machine> {
    const path = (name: string): string => join(request.workDir, name);
    const initramfs = path('initramfs.cpio');
    await concatenate(request.initramfs, initramfs);
    const sshSockets = Array.from({ length: SSH_PORTS }, (_, index) => path(`ssh.${index}`));
    const disk = await makeDisk(request.guest.backend, request.workDir, signal);
    const placing =
      request.placing === true
        ? { gdbSocket: path('gdb'), qmpSocket: path('qmp.1'), overlay: path('overlay.qcow2') }
        : null;
    if (placing !== null) await makeQcow2(placing.overlay, disk === null ? 0 : (await stat(disk)).size, disk);
    const args = qemuArgs(request.guest, request.accelerator, {
      bzImage: request.kernel.bzImage,
      initramfs,
      qmpSocket: path('qmp'),
      sshSockets,
      disk,
      ...(placing === null ? {} : { placing }),
    });
    const argv = [...TIE, 'qemu-system-x86_64', ...args];
    // A session of its own: Ctrl-C in the terminal reaches the harness, which ends QEMU in its own order.
    const child = start(argv[0] as string, argv.slice(1), { detached: true });
    child.stdin.on('error', () => undefined);
    return new Machine(
      argv,
      child,
      new SerialConsole(child.stdout, request.consoleLog),
      path('qmp'),
      sshSockets,
      placing,
    );
  }

  /** The first session. QEMU makes its sockets within milliseconds of its start; there is no event for that. */
  async connect(request: BootRequest, deadlines: BootDeadlines, signal: AbortSignal): Promise<SshSession> {
    while (this.#qmp === null) {
      this.#qmp = await QmpClient.connect(this.qmpSocket).catch(() => null);
      if (this.#qmp === null) await sleep(10, undefined, { signal });
      if (performance.now() - this.#startedAt > deadlines.sessionMs) break;
    }
    this.#qmp?.onEvent(({ event, data }) => {
      if (event === 'SHUTDOWN') this.#shutdownReason = String(data['reason']);
      if (event === 'BLOCK_IO_ERROR') this.#noteDiskError(ioErrorSchema.parse(data));
    });
    return connectSsh({
      socketPath: this.sshSockets[0] as string,
      privateKey: request.key.privateKey,
      hostPublicKey: request.key.hostPublicKey,
      readyTimeoutMs: deadlines.sessionMs,
    });
  }

  /** A lost session is often the first sign of a machine that ends: why the machine ended explains it better. */
  async causeOf(error: unknown): Promise<unknown> {
    if (!(error instanceof BootError) || error.code !== 'SSH_NOT_READY') return error;
    const over = new AbortController();
    try {
      const late = pause(AFTER_LOST_SESSION_MS, over.signal).then(() => error);
      return await Promise.race([this.endedBeforeSession().catch((cause: unknown) => cause), late]);
    } finally {
      over.abort();
    }
  }

  /** Rejects when QEMU ends first; the error says whose fault it is. */
  async endedBeforeSession(): Promise<never> {
    const end = await this.ended;
    const last = this.console.lastLines(3).join(' | ') || 'no output';
    switch (end.kind) {
      case 'failed':
        throw new HostError('QEMU_FAILED', `QEMU ended with status ${end.exitCode}`, {
          details: end.stderr,
          concerns: 'guest',
        });
      case 'killed':
        throw new HostError('QEMU_KILLED', `QEMU was killed by ${end.signal} during the boot`, {
          concerns: 'guest',
        });
      case 'powered-off':
      case 'reset':
        if (this.#panic !== null) throw panicError(this.#panic);
        throw new BootError(
          'BOOT_RESET',
          `The guest ${end.kind === 'reset' ? 'reset itself' : 'powered off'} before it answered`,
          {
            details: `Console: ${last}`,
          },
        );
      case 'ended-by-harness':
        throw new InterruptedError('INTERRUPTED', 'The guest was ended during its boot');
    }
  }

  started(session: SshSession): StartedGuest {
    const bootMs = performance.now() - this.#startedAt;
    const kill = async (): Promise<void> => {
      session.close();
      await this.kill();
    };
    return {
      remote: session,
      sshSockets: this.sshSockets,
      placing: this.placing,
      pid: this.child.pid ?? -1,
      ended: this.ended,
      argv: this.argv,
      bootMs,
      onConsoleLine: (listener) => this.console.onLine(listener),
      consoleQuietMs: () => this.console.quietMs(),
      injectNmi: async () => void (await this.#qmp?.execute('inject-nmi')),
      vcpuThreads: () => this.#vcpuThreads(),
      status: async () => statusSchema.parse(await this.#monitor().execute('query-status')).status,
      kill,
      [Symbol.asyncDispose]: kill,
    };
  }

  #monitor(): QmpClient {
    if (this.#qmp !== null) return this.#qmp;
    throw new MachineLostError('QMP_FAILED', 'QEMU has no monitor');
  }

  async #vcpuThreads(): Promise<readonly number[]> {
    const vcpus = vcpusSchema.parse(await this.#monitor().execute('query-cpus-fast'));
    return vcpus.sort((a, b) => a['cpu-index'] - b['cpu-index']).map((vcpu) => vcpu['thread-id']);
  }

  /** QEMU stops the guest or lets it see the error: neither is the kernel's fault. */
  #noteDiskError({ operation, reason, nospace }: z.infer<typeof ioErrorSchema>): void {
    const why = nospace ? 'the disk that holds the temporary folder is full' : reason;
    this.#diskError ??= `QEMU cannot ${operation} the guest's disk image: ${why}`;
    this.child.kill('SIGKILL');
  }

  /** SIGKILL: nothing in a guest needs saving. */
  async kill(): Promise<void> {
    this.#killed = true;
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async #awaitEnd(): Promise<MachineEnd> {
    const result = await this.child;
    this.#qmp?.close();
    await this.console.closed();
    if (this.#killed) return { kind: 'ended-by-harness' };
    if (this.#diskError !== null) return { kind: 'failed', exitCode: result.exitCode ?? -1, stderr: this.#diskError };
    if (result.signal !== undefined) return { kind: 'killed', signal: result.signal };
    if (result.exitCode !== 0)
      return { kind: 'failed', exitCode: result.exitCode ?? -1, stderr: tail(this.#stderr(), 10) };
    return { kind: this.#shutdownReason === 'guest-shutdown' ? 'powered-off' : 'reset' };
  }
}

/** Rejects when the console has been silent for too long. Polls: silence is not an event. */
async function watchSilence(machine: Machine, deadlines: BootDeadlines, signal: AbortSignal): Promise<never> {
  for (;;) {
    await neverRejecting(untilNextLook(250, signal));
    const limit = machine.console.bytes === 0 ? deadlines.firstByteMs : deadlines.silenceMs;
    if (machine.console.quietMs() < limit) continue;
    const last = machine.console.lastLines(1)[0] ?? 'none';
    throw new BootError('BOOT_SILENT', `The guest printed nothing for ${limit / 1000} s (last line: ${last})`, {
      hint: 'read the console log; a kernel without the serial driver or the initramfs looks like this',
      again: true,
    });
  }
}

/** Rejects when the kernel panics before there is a session. */
async function watchPanic(machine: Machine, signal: AbortSignal): Promise<never> {
  const line = await new Promise<string>((resolve) => {
    machine.console.onLine((text) => {
      if (text.includes(PANIC)) resolve(text);
    });
  });
  // Wait for the rest of the message.
  await pause(300, signal);
  throw panicError(line);
}

function panicError(line: string): BootError {
  return new BootError('BOOT_PANIC', `The kernel panicked during the boot: ${line.slice(line.indexOf(PANIC))}`);
}

async function interrupted(signal: AbortSignal): Promise<never> {
  return aborted(signal).catch((cause: unknown) => {
    throw new InterruptedError('INTERRUPTED', 'Interrupted during the boot', { cause });
  });
}

/** Sleeps; never resolves once `signal` has aborted, so that a race that is over stays over. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return neverRejecting(sleep(ms, undefined, { signal }));
}

async function neverRejecting(wait: Promise<void>): Promise<void> {
  await wait.catch(() => new Promise(() => undefined));
}

async function concatenate(parts: readonly string[], target: string): Promise<void> {
  const file = await open(target, 'wx', 0o600);
  try {
    for (const part of parts) await file.appendFile(await readFile(part));
  } finally {
    await file.close();
  }
}
