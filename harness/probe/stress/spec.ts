// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { probeSpec, type KeyProblem, type KeyValues, type ProbeKeys } from '../../model/probe.ts';
import {
  checked,
  mapOf,
  mapping,
  probedRace,
  probedRaceOf,
  REQUIRED_OF_WORKLOAD,
  whole,
  workloadKeys,
  workloadOf,
  workloadProblems,
  workloadSpec,
} from '../keys.ts';

const count = z.number().int().nonnegative();

const budget = {
  /** Trials that are always run, and the most that more evidence may add up to. */
  minTrials: count,
  maxTrials: count,
  /** Length of one trial's race, in seconds of the guest's clock. */
  trialSeconds: count,
};
const stressBudget = z.strictObject(budget).readonly();
export type StressBudget = z.infer<typeof stressBudget>;

/** Threads of a race's workload against a loop of its contender, as stored. */
export const stressSpec = z
  .strictObject({
    ...probeSpec,
    ...workloadSpec,
    kind: z.literal('stress'),
    control: z.string(),
    race: probedRace,
    budget: stressBudget,
    /**
     * Upper limit of the rate of crashes that "not reproduced" needs; null asks for less than the control's own rate.
     */
    atMost: z.number().nullable(),
    /** Overrides by variant. */
    budgets: z
      .record(
        z.string(),
        z
          .strictObject({
            minTrials: budget.minTrials.exactOptional(),
            maxTrials: budget.maxTrials.exactOptional(),
            trialSeconds: budget.trialSeconds.exactOptional(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();
export type StressSpec = z.infer<typeof stressSpec>;

/**
 * One trial: one boot, one workload. Trials of the control are a probe's first, one in the middle and its last; those
 * of all others are in between.
 */
export const stressArgs = z
  .strictObject({ seconds: count, part: z.enum(['first', 'middle', 'last', 'between']) })
  .readonly();
export type StressArgs = z.infer<typeof stressArgs>;

/** What `probe` may spend on `variant`: the probe's budget with the variant's overrides. */
export function budgetOf({ budget: common, budgets }: StressSpec, variant: string): StressBudget {
  return { ...common, ...budgets[variant] };
}

const budgetKeys = mapping({
  'min-trials': whole(1, 10_000),
  'max-trials': whole(1, 10_000),
  seconds: whole(1, 86_400),
}).partial();

const atMostError = 'needs a rate above 0 and below 1, as 1e-2';

const shape = {
  ...workloadKeys,
  budget: budgetKeys,
  budgets: mapOf(budgetKeys),
  'at-most': z.number({ error: atMostError }).refine((rate) => rate > 0 && rate < 1, { error: atMostError }),
} as const;

export const stressKeys: ProbeKeys<StressSpec> = {
  shape,
  required: [...REQUIRED_OF_WORKLOAD, 'control', 'budget', 'expect'],
  defaults: [...Object.keys(shape), 'control', 'variants', 'expect'],
  merged: ['budget', 'budgets'],
  byVariant: ['budgets'],
  check: (values, { race, variants }) => [...workloadProblems(values, race), ...budgetProblems(values, variants)],
  resolve(common, values, { target, race }) {
    const file = values as KeyValues<typeof shape>;
    const own = Object.entries(file.budgets ?? {}).filter(([variant]) => common.variants.includes(variant));
    return {
      ...common,
      ...workloadOf(file),
      kind: 'stress',
      control: checked(common.control ?? undefined),
      race: probedRaceOf({ race, target }),
      budget: budgetOfFile(checked(file.budget)) as StressBudget,
      atMost: file['at-most'] ?? null,
      budgets: Object.fromEntries(own.map(([variant, each]) => [variant, budgetOfFile(each)])),
    };
  },
};

function budgetOfFile(file: z.output<typeof budgetKeys>): Partial<StressBudget> {
  const { 'min-trials': minTrials, 'max-trials': maxTrials, seconds: trialSeconds } = file;
  return {
    ...(minTrials === undefined ? {} : { minTrials }),
    ...(maxTrials === undefined ? {} : { maxTrials }),
    ...(trialSeconds === undefined ? {} : { trialSeconds }),
  };
}

type Values = Readonly<Record<string, unknown>>;

function isTree(value: unknown): value is Values {
  return typeof value === 'object' && value !== null;
}

function budgetProblems({ budget: common, budgets }: Values, variants: readonly string[]): KeyProblem[] {
  if (!isTree(common)) return [];
  const missing = Object.keys(budgetKeys.shape).filter((key) => common[key] === undefined);
  const overrides = isTree(budgets) ? budgets : {};
  return [
    ...missing.map((key) => ({ path: ['budget', key], message: 'is missing, here and in the defaults' })),
    ...tooFew(['budget'], common),
    ...variants.flatMap((variant) => {
      const own = overrides[variant];
      return isTree(own) ? tooFew(['budgets', variant], { ...common, ...own }) : [];
    }),
  ];
}

function tooFew(path: readonly string[], { 'min-trials': least, 'max-trials': most }: Values): KeyProblem[] {
  if (typeof least !== 'number' || typeof most !== 'number' || least <= most) return [];
  return [{ path, message: `min-trials ${least} is more than max-trials ${most}` }];
}
