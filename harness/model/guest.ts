// SPDX-License-Identifier: GPL-2.0-only
import type { MachineEnd } from './guest-end.ts';
import type { Kernel } from './kernel.ts';

export type Accelerator = 'kvm' | 'tcg';
export type AcceleratorChoice = Accelerator | 'auto';

/** What was chosen and why; stored with every run. */
export interface AcceleratorDecision {
  readonly accelerator: Accelerator;
  readonly reason: string;
}

/** Where the guest swaps to. */
export type SwapBackend =
  | { readonly kind: 'virtio-blk'; readonly rotational: boolean; readonly sizeKiB: number }
  | { readonly kind: 'file'; readonly filesystem: 'ext4'; readonly sizeKiB: number }
  | { readonly kind: 'zram'; readonly sizeKiB: number }
  /** It does not swap. */
  | { readonly kind: 'none' };

/** A machine, before it is started. */
export interface GuestSpec {
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Appended to the kernel command line that the machine needs by itself. */
  readonly cmdline: readonly string[];
  readonly backend: SwapBackend;
  /** QEMU locks all of its memory; by default it does not. */
  readonly lockMemory?: boolean;
}

/** Everything that `boot` needs. */
export interface BootRequest {
  readonly kernel: Kernel;
  readonly guest: GuestSpec;
  readonly accelerator: Accelerator;
  /** Initramfs images, concatenated by the machine in this order. */
  readonly initramfs: readonly string[];
  /** Folder for sockets, disks and logs; it exists and is private to this boot. */
  readonly workDir: string;
  /** Console bytes go here as they come. */
  readonly consoleLog: string;
  readonly key: GuestKey;
  /** With a debugger's stub and snapshots, so that vCPUs can be placed. */
  readonly placing?: boolean;
}

/** Unix sockets by which a machine's vCPUs are placed. */
export interface PlacingSockets {
  /** QEMU's gdbstub; connecting stops the machine. */
  readonly gdbSocket: string;
  /** A monitor that nobody else uses. */
  readonly qmpSocket: string;
}

/** How a run and its guests know each other; fresh for every run. */
export interface GuestKey {
  /** In OpenSSH's form. */
  readonly privateKey: string;
  /** The guest's public key in SSH's wire format: the only one that is accepted. */
  readonly hostPublicKey: Buffer;
}

/** How a remote command ended. */
export interface RemoteExit {
  /** Null when a signal ended it or the connection was lost before an exit status came. */
  readonly code: number | null;
  readonly signal: string | null;
  /** True when the channel closed with neither status nor signal: evidence is incomplete. */
  readonly lost: boolean;
}

export interface RemoteProcess {
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
  readonly exit: Promise<RemoteExit>;
  /** Sends a signal by its name without SIG. */
  kill(signal: string): void;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface RemoteShell {
  /** Keys in, screen out. */
  readonly stream: NodeJS.ReadWriteStream;
  resize(size: TerminalSize): void;
  readonly exit: Promise<RemoteExit>;
}

export interface RemoteOutput extends RemoteExit {
  readonly stdout: string;
  readonly stderr: string;
}

/** What ends a request to a guest: it rejects with the signal's reason at once, whatever the guest does. */
export interface RemoteOptions {
  readonly signal: AbortSignal;
}

/** An SSH session with a guest. */
export interface RemoteSession {
  /** Starts a command; streams while it runs, until it ends or `signal` aborts. */
  spawn(command: string, options: RemoteOptions): Promise<RemoteProcess>;
  /** Runs a command to its end; output is limited to 16 MiB a stream. @throws GuestError when it cannot be started. */
  exec(command: string, options: RemoteOptions & { readonly stdin?: string }): Promise<RemoteOutput>;
  /** Extracts a tar stream below `remoteDir`. */
  upload(tar: NodeJS.ReadableStream, remoteDir: string, options: RemoteOptions): Promise<void>;
  /**
   * Packs `remoteDir` in the guest and unpacks it below `localDir`, refusing names that leave it and more than
   * `limitBytes`.
   */
  download(
    remoteDir: string,
    localDir: string,
    options: RemoteOptions & { readonly limitBytes: number },
  ): Promise<void>;
  /** An interactive shell on a terminal of its own. */
  shell(terminal: TerminalSize & { readonly term: string }): Promise<RemoteShell>;
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
}

/** A started machine that answers over SSH. Dispose ends QEMU and waits for it. */
export interface StartedGuest extends AsyncDisposable {
  readonly remote: RemoteSession;
  /** Unix sockets that lead to the guest's SSH servers; the first is taken by `remote`. */
  readonly sshSockets: readonly string[];
  /** Null for a machine that was not booted for placing. */
  readonly placing: PlacingSockets | null;
  readonly pid: number;
  /** Resolves once, when QEMU has gone. */
  readonly ended: Promise<MachineEnd>;
  /** The guest's console as text lines, live; each line as soon as it is complete. */
  onConsoleLine(listener: (line: string) => void): void;
  /** Milliseconds since the last console byte. */
  consoleQuietMs(): number;
  /** Non-maskable interrupt to every vCPU: a kernel that no longer answers prints its backtraces. */
  injectNmi(): Promise<void>;
  /** Ids of the host's threads that run the vCPUs, in their order. @throws HostError when QEMU does not answer. */
  vcpuThreads(): Promise<readonly number[]>;
  /** What QEMU reports of its machine: `running`, `paused`, `io-error` … @throws HostError if QEMU does not answer. */
  status(): Promise<string>;
  /** Ends QEMU now. Idempotent. */
  kill(): Promise<void>;
  /** Milliseconds from exec to the first answer over SSH. */
  readonly bootMs: number;
  /** The command line QEMU was started with, for the record. */
  readonly argv: readonly string[];
}
