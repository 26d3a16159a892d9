// SPDX-License-Identifier: GPL-2.0-only
import type { z } from 'zod';
import type { PlanPath } from './document.ts';
import { isTree, valueAt } from './values.ts';

/** What of a shape's definition is looked at, whatever its type. */
interface Definition {
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
}

/** The keys that a shape has at a path. `value` is what stands there, and says which of several shapes is meant. */
export function keysIn(schema: z.ZodType, path: PlanPath, value: unknown): string[] {
  const def = schema.def as Definition;
  const [step, ...rest] = path;
  if (def.shape !== undefined) {
    if (step === undefined) return Object.keys(def.shape);
    const inner = def.shape[step];
    return inner === undefined ? [] : keysIn(inner, rest, value);
  }
  const wrapped = def.innerType ?? def.in;
  if (wrapped !== undefined) return keysIn(wrapped, path, value);
  const each = def.element ?? def.valueType;
  if (each !== undefined) return keysIn(each, rest, value);
  const options = (def.options ?? []).filter((option) => isMeant(option, def.discriminator, path, value));
  return [...new Set(options.flatMap((option) => keysIn(option, path, value)))];
}

function isMeant(option: z.ZodType, discriminator: string | undefined, path: PlanPath, value: unknown): boolean {
  if (discriminator === undefined || path.length > 0 || !isTree(value)) return true;
  const literal = (option.def as Definition).shape?.[discriminator];
  return literal?.safeParse(valueAt(value, [discriminator])).success ?? true;
}
