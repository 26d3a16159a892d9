/** A guest that is placed, for tests with real kernels. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SplatScanner } from '../../evidence/scanner.ts';
import { makePrivateDir } from '../../host/private-dir.ts';
import { BROKEN_TIMERS, PLACING_CMDLINE } from '../../interleave/cmdline.ts';
import { prepare, type Placement } from '../../interleave/prepare.ts';
import { startProgram } from '../../interleave/program.ts';
import { ConsoleSplats } from '../../interleave/splats.ts';
import { loadSymbols } from '../../interleave/symbols.ts';
import { workClock } from '../../interleave/work-clock.ts';
import { boot } from '../../machine/boot.ts';
import { GdbClient } from '../../machine/gdb/client.ts';
import { MachineSnapshots } from '../../machine/snapshot.ts';
import type { Kernel } from '../../model/kernel.ts';
import type { Lab } from '../../pipeline/lab.ts';
import { packCpio } from '../../rootfs/cpio.ts';

type PlacedKernel = Pick<Kernel, 'bzImage' | 'vmlinux'>;
type PlacedLab = Pick<Lab, 'rootfs' | 'identity'>;

/** Boots of a guest whose timers a busy host spoils. */
const MOST_BOOTS = 8;

/** Boots, places and hands over; everything is gone when `use` has ended. */
export async function withPlacement<T>(
  kernel: PlacedKernel,
  lab: PlacedLab,
  signal: AbortSignal,
  use: (placement: Placement) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await placeOnce(kernel, lab, signal, use);
    if (outcome !== 'broken timers') return outcome.value;
    if (attempt === MOST_BOOTS) throw new Error(`${MOST_BOOTS} boots without working timers: the host is too busy`);
  }
}

async function placeOnce<T>(
  kernel: PlacedKernel,
  lab: PlacedLab,
  signal: AbortSignal,
  use: (placement: Placement) => Promise<T>,
): Promise<{ readonly value: T } | 'broken timers'> {
  await using dir = await makePrivateDir();
  const keys = join(dir.path, 'keys.cpio');
  const consoleLog = join(dir.path, 'console.log');
  await writeFile(keys, packCpio(lab.identity.overlay), { mode: 0o600 });
  await using guest = await boot(
    {
      kernel: kernel as Kernel,
      guest: { vcpus: 2, memoryMiB: 128, cmdline: PLACING_CMDLINE, backend: { kind: 'virtio-blk', rotational: true, sizeKiB: 1024 } },
      accelerator: 'tcg',
      initramfs: [lab.rootfs.image, keys],
      workDir: dir.path,
      consoleLog,
      key: lab.identity.key,
      placing: true,
    },
    signal,
  );
  if (BROKEN_TIMERS.test(await readFile(consoleLog, 'latin1'))) return 'broken timers';
  const places = await startProgram(guest.remote, '/dev/vda', 'fault', signal);
  const sockets = guest.placing;
  if (sockets === null) throw new Error('the guest was not booted for placing');
  await using vcpus = await GdbClient.connect(sockets.gdbSocket);
  await using snapshots = await MachineSnapshots.open(sockets.qmpSocket);
  const splats = new ConsoleSplats(() => new SplatScanner(), (listener) => guest.onConsoleLine(listener));
  const machine = { vcpus, snapshots, splats, workMs: workClock(guest.pid) };
  return { value: await use(await prepare(machine, places, await loadSymbols(kernel.vmlinux))) };
}
