// SPDX-License-Identifier: GPL-2.0-only
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { HELD } from '../../interleave/prepare.ts';
import { replayToHold } from '../../interleave/replay.ts';
import { parseSchedule } from '../../interleave/schedule.ts';
import { sourceLookup } from '../../interleave/symbols.ts';
import { GdbClient } from '../../machine/gdb/client.ts';
import { withPlacement } from '../../probe/place/guest.ts';
import { booted, kernelOf, labFor, never, shippedPlan } from '../kernel/lab.ts';

/** struct elf64_hdr: e_type is at 16, ET_CORE is 4. */
const E_TYPE = 16;
const ET_CORE = 4;

t.test('weakened: at the hold the guest can be dumped, and handed to another debugger', async (t) => {
  const kernel = await kernelOf(await shippedPlan('short'), 'weakened');
  const lab = await labFor(kernel);
  await booted(t.name);
  await withPlacement(kernel, lab, never, async (placement) => {
    const schedule = parseSchedule('name: keep\nhold: {at: __swap_duplicate, how: stall}\n', 'keep');
    const did = await replayToHold(placement, schedule, { source: sourceLookup(kernel.vmlinux, never), signal: never });
    t.equal(did, 'swapoff has returned');

    const core = join(t.testdir({}), 'core');
    await placement.machine.dump(core);
    await using file = await open(core);
    const { buffer } = await file.read({ buffer: Buffer.alloc(64) });
    t.equal(buffer.toString('latin1', 1, 4), 'ELF');
    t.equal(buffer.readUInt16LE(E_TYPE), ET_CORE);

    await using other = await GdbClient.connect(placement.machine.handOver());
    t.equal(placement.symbols.place(await other.readRegister(HELD, 'rip'))?.func, '__swap_duplicate');
  });
});
