// SPDX-License-Identifier: GPL-2.0-only
import { HostError } from '../model/errors.ts';
import type { Snapshots } from '../model/interleave.ts';
import { OVERLAY_NODE } from './qemu-args.ts';
import { QmpClient } from './qmp.ts';

type SnapshotCommand = 'snapshot-save' | 'snapshot-load' | 'snapshot-delete';

/** Snapshots of a machine that was booted for placing: QEMU jobs, each awaited by its events. */
export class MachineSnapshots implements Snapshots, AsyncDisposable {
  readonly #kept = new Set<string>();
  #nextJob = 1;

  private constructor(private readonly qmp: QmpClient) {}

  /** @throws HostError `QMP_FAILED` when the monitor cannot be reached. */
  static async open(qmpSocket: string): Promise<MachineSnapshots> {
    return new MachineSnapshots(await QmpClient.connect(qmpSocket));
  }

  async save(name: string): Promise<void> {
    // QEMU does not replace a snapshot, it refuses a name that is taken.
    if (this.#kept.delete(name)) await this.#run('snapshot-delete', { tag: name, devices: [OVERLAY_NODE] });
    await this.#run('snapshot-save', { tag: name, vmstate: OVERLAY_NODE, devices: [OVERLAY_NODE] });
    this.#kept.add(name);
  }

  async load(name: string): Promise<void> {
    await this.#run('snapshot-load', { tag: name, vmstate: OVERLAY_NODE, devices: [OVERLAY_NODE] });
  }

  /**
   * Writes the guest's memory and registers as an ELF core, by the addresses of its page tables: drgn needs them.
   *
   * @param file absolute; what is there is replaced.
   * @throws HostError `QMP_ERROR` when QEMU cannot write it.
   */
  async dump(file: string): Promise<void> {
    await this.qmp.execute('dump-guest-memory', { paging: true, protocol: `file:${file}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.qmp.close();
  }

  async #run(command: SnapshotCommand, args: Readonly<Record<string, unknown>>): Promise<void> {
    const problem = await this.qmp.runJob(command, `${command}-${this.#nextJob++}`, args);
    if (problem === null) return;
    throw new HostError('SNAPSHOT_FAILED', `QEMU: ${command} ${String(args['tag'])} failed: ${problem}`, {
      hint: 'check for free space in the temporary folder',
      concerns: 'guest',
    });
  }
}
