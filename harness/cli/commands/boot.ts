// SPDX-License-Identifier: GPL-2.0-only
import { attachShell, plainSshCommand } from '../../lab/interactive.ts';
import { bootGuest } from '../../lab/boot.ts';
import { proveKernel } from '../../lab/proof.ts';
import { GuestError } from '../../model/errors.ts';
import { machineOf } from '../../probe/keys.ts';
import { stressOf } from '../../probe/stress/of-plan.ts';
import type { CommandContext } from '../context.ts';
import { describeVariants } from '../plan-text.ts';
import type { PlanFlags } from '../flags.ts';
import { planOf, prepareVariant, variantOf } from './variant.ts';

export interface BootFlags extends PlanFlags {
  readonly append?: string;
}

export async function bootCommand(
  context: CommandContext,
  name: string,
  words: readonly string[],
  flags: BootFlags,
): Promise<void> {
  const { signal, emit } = context;
  const plan = await planOf(context, flags);
  if (flags.dryRun === true) return context.print(describeVariants([variantOf(plan, name)]));
  const { kernel, lab } = await prepareVariant(context, plan, name, flags, flags.accel ?? plan.accelerator);
  const base = machineOf(stressOf(plan, undefined));
  const guestSpec = { ...base, cmdline: [...base.cmdline, ...(flags.append?.split(/\s+/) ?? [])] };
  const request = { kernel, guest: guestSpec, accelerator: lab.decision.accelerator };
  await using guest = await bootGuest(request, lab, signal);
  await proveKernel(guest, kernel, signal);
  emit.done();
  if (words.length > 0) {
    const result = await guest.remote.exec(words.join(' '), { signal });
    process.stdout.write(result.stdout);
    process.stderr.write(result.stderr);
    if (result.lost) throw new GuestError('SESSION_LOST', 'The session with the guest was lost');
    return context.setStatus(result.code ?? 1);
  }
  const ssh = await plainSshCommand(guest, lab.identity, guest.privateDir);
  process.stderr.write(
    `${name} is up (${(guest.bootMs / 1000).toFixed(1)} s). From another terminal: ${ssh}\nConsole: ${guest.privateDir}/console.log\n`,
  );
  context.setStatus(await attachShell(guest, { input: process.stdin, output: process.stdout }, signal));
}
