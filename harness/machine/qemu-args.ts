// SPDX-License-Identifier: GPL-2.0-only
import type { Accelerator, GuestSpec } from '../model/guest.ts';

/** Where one machine keeps its sockets and images; all absolute. */
export interface MachinePaths {
  readonly bzImage: string;
  readonly initramfs: string;
  readonly qmpSocket: string;
  /** One unix socket for each SSH port of the guest. */
  readonly sshSockets: readonly string[];
  /** Raw image of the swap disk or of the file system that holds the swap file; null when there is none. */
  readonly disk: string | null;
  /** For a machine whose vCPUs are placed; else absent. */
  readonly placing?: PlacingPaths;
}

/** What a debugger's stub and snapshots need. */
export interface PlacingPaths {
  readonly gdbSocket: string;
  /** A second monitor: QEMU serves one client per socket. */
  readonly qmpSocket: string;
  /** qcow2 image that takes the disk's writes and the snapshots. */
  readonly overlay: string;
}

/** Block node of the overlay, by which snapshots name it. */
export const OVERLAY_NODE = 'overlay';

/** Names of the guest's virtio-serial ports, as guests/init knows them. */
export function sshPortName(index: number): string {
  return `org.swaprace.ssh.${index}`;
}

/** How many SSH connections a guest takes at once; guests/init serves as many. */
export const SSH_PORTS = 2;

/**
 * The arguments of QEMU for one guest. Pure: what `--dry-run` prints is what a run executes. There is no network
 * device: SSH goes over virtio-serial ports, so the guest has no way out and nothing on the host listens on a port.
 */
export function qemuArgs(guest: GuestSpec, accelerator: Accelerator, paths: MachinePaths): string[] {
  return [
    '-nodefaults',
    '-no-user-config',
    ['-name', 'swaprace'],
    ['-machine', 'pc'],
    acceleratorArgs(accelerator),
    ['-smp', String(guest.vcpus)],
    ['-m', `${guest.memoryMiB}M`],
    guest.lockMemory === true ? ['-overcommit', 'mem-lock=on'] : [],
    ['-display', 'none'],
    // A panic or reboot of the guest ends QEMU instead of booting again on the same console.
    '-no-reboot',
    ['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ['-qmp', `unix:${paths.qmpSocket},server=on,wait=off`],
    ['-device', 'virtio-rng-pci'],
    ['-device', 'virtio-serial-pci'],
    ...paths.sshSockets.map((socket, index) => sshPortArgs(socket, index)),
    diskArgs(guest, paths),
    placingArgs(paths.placing),
    ['-kernel', paths.bzImage],
    ['-initrd', paths.initramfs],
    ['-append', kernelCommandLine(guest, accelerator)],
  ].flat();
}

/** The kernel command line: what the machine needs, then what the plan adds. */
export function kernelCommandLine(guest: GuestSpec, accelerator: Accelerator): string {
  return [
    'console=ttyS0',
    // Every message: evidence is worth more than the console's speed.
    'loglevel=8',
    'panic=-1',
    'nokaslr',
    'random.trust_cpu=on',
    // Under TCG the guest's clocks are one host clock and its timer works. On a busy host the kernel's checks of both
    // fail by scheduling noise, and one of them panics.
    ...(accelerator === 'tcg' ? ['tsc=reliable', 'no_timer_check'] : []),
    ...guest.cmdline,
  ].join(' ');
}

function acceleratorArgs(accelerator: Accelerator): string[] {
  switch (accelerator) {
    case 'kvm':
      return ['-accel', 'kvm', '-cpu', 'host'];
    case 'tcg':
      return ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
  }
}

function sshPortArgs(socket: string, index: number): string[] {
  return [
    '-chardev',
    `socket,id=ssh${index},path=${socket},server=on,wait=off`,
    '-device',
    `virtserialport,chardev=ssh${index},name=${sshPortName(index)}`,
  ];
}

function diskArgs(guest: GuestSpec, { disk, placing }: MachinePaths): string[] {
  const image =
    placing === undefined
      ? `file=${disk},format=raw`
      : `file=${placing.overlay},format=qcow2,node-name=${OVERLAY_NODE}`;
  const drive = ['-drive', `${image},if=none,id=swap,cache=unsafe,aio=threads`];
  // Snapshots need an image, even where the guest has no disk.
  if (disk === null) return placing === undefined ? [] : drive;
  // A queue per vCPU: completions arrive at the CPU that submitted.
  return [...drive, '-device', `virtio-blk-pci,drive=swap,num-queues=${guest.vcpus}`];
}

function placingArgs(placing: PlacingPaths | undefined): string[] {
  if (placing === undefined) return [];
  return [
    '-gdb',
    `unix:${placing.gdbSocket},server=on,wait=off`,
    '-qmp',
    `unix:${placing.qmpSocket},server=on,wait=off`,
    // A kernel with the fw_cfg driver writes VMCOREINFO there, which goes into cores.
    '-device',
    'vmcoreinfo',
  ];
}
