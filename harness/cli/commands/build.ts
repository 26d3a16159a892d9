// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../../model/errors.ts';
import { buildKernels } from '../../lab/kernels.ts';
import { toJson, type CommandContext } from '../context.ts';
import { describeVariants } from '../plan-text.ts';
import type { PlanFlags } from '../flags.ts';
import { planOf, variantOf } from './variant.ts';

export async function buildCommand(context: CommandContext, names: readonly string[], flags: PlanFlags): Promise<void> {
  const { workspace, signal, emit } = context;
  const plan = await planOf(context, flags);
  const variants = names.length === 0 ? plan.variants : names.map((name) => variantOf(plan, name));
  if (flags.dryRun === true) return context.print(flags.json === true ? toJson(variants) : describeVariants(variants));
  const { kernels, troubles } = await buildKernels(variants, {
    cacheDir: workspace.cacheDir,
    offline: flags.offline ?? false,
    signal,
    emit,
  });
  emit.done();
  const rows = Object.entries(kernels).map(([id, kernel]) => ({ variant: id, ...kernel }));
  context.print(
    flags.json === true
      ? toJson({ kernels: rows, troubles })
      : rows.map((row) => `${row.variant} ${row.id} ${row.bzImage}`).join('\n'),
  );
  for (const { variant, message } of troubles) process.stderr.write(`swaprace: ${variant}: ${message}\n`);
  if (troubles.length > 0) context.setStatus(EXIT.inconclusive);
}
