import { UsageError } from '../../model/errors.ts';
import { EXIT } from '../../model/errors.ts';
import type { VariantSpec } from '../../model/kernel.ts';
import type { Plan } from '../../model/plan.ts';
import { buildKernels } from '../../pipeline/kernels.ts';
import { findPlan, loadPlan } from '../../pipeline/load-plan.ts';
import { toJson, type CommandContext } from '../context.ts';
import { describeVariants } from '../plan-text.ts';
import type { PlanFlags } from '../program.ts';

export async function buildCommand(context: CommandContext, names: readonly string[], flags: PlanFlags): Promise<void> {
  const { workspace, signal, emit } = context;
  const plan = await loadPlan(await findPlan(flags.plan ?? 'default', workspace), workspace);
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
  context.print(flags.json === true ? toJson({ kernels: rows, troubles }) : rows.map((row) => `${row.variant} ${row.id} ${row.bzImage}`).join('\n'));
  for (const { variant, message } of troubles) process.stderr.write(`swaprace: ${variant}: ${message}\n`);
  if (troubles.length > 0) context.setStatus(EXIT.cannotTell);
}

/** @throws UsageError naming the variants that the plan has. */
export function variantOf(plan: Plan, name: string): VariantSpec {
  const variant = plan.variants.find(({ id }) => id === name);
  if (variant !== undefined) return variant;
  throw new UsageError('UNKNOWN_VARIANT', `The plan ${plan.name} has no variant ${name}`, {
    hint: `one of: ${plan.variants.map(({ id }) => id).join(', ')}`,
  });
}
