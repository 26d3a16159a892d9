import { HostError } from '../../model/errors.ts';
import { attachShell, plainSshCommand } from '../../pipeline/interactive.ts';
import { buildKernels } from '../../pipeline/kernels.ts';
import { bootGuest, openLab } from '../../pipeline/lab.ts';
import { findPlan, loadPlan } from '../../pipeline/load-plan.ts';
import { guestOf } from '../../pipeline/stress-one.ts';
import type { CommandContext } from '../context.ts';
import { describeVariants } from '../plan-text.ts';
import type { PlanFlags } from '../program.ts';
import { variantOf } from './build.ts';

export interface BootFlags extends PlanFlags {
  readonly append?: string;
}

export async function bootCommand(context: CommandContext, name: string, words: readonly string[], flags: BootFlags): Promise<void> {
  const { workspace, signal, emit } = context;
  const plan = await loadPlan(await findPlan(flags.plan ?? 'default', workspace), workspace);
  const variant = variantOf(plan, name);
  if (flags.dryRun === true) return context.print(describeVariants([variant]));
  const offline = flags.offline ?? false;
  const { kernels, troubles } = await buildKernels([variant], { cacheDir: workspace.cacheDir, offline, signal, emit });
  const kernel = kernels[name];
  if (kernel === undefined) throw new HostError('NO_KERNEL', troubles[0]?.message ?? `No kernel for ${name}`);
  const lab = await openLab(kernel, { workspace, offline, accelerator: flags.accel ?? plan.accelerator, signal, emit });
  const base = guestOf(plan);
  const guestSpec = { ...base, cmdline: [...base.cmdline, ...(flags.append?.split(/\s+/) ?? [])] };
  await using guest = await bootGuest(kernel, guestSpec, lab.decision.accelerator, lab, signal);
  emit.done();
  if (words.length > 0) {
    const result = await guest.remote.exec(words.join(' '), { signal });
    process.stdout.write(result.stdout);
    process.stderr.write(result.stderr);
    return context.setStatus(result.code ?? 1);
  }
  const ssh = await plainSshCommand(guest, lab.identity, guest.privateDir);
  process.stderr.write(`${name} is up (${(guest.bootMs / 1000).toFixed(1)} s). From another terminal: ${ssh}\nConsole: ${guest.privateDir}/console.log\n`);
  context.setStatus(await attachShell(guest, { input: process.stdin, output: process.stdout }));
}
