// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { RunHeader, Trouble } from '../../../model/run.ts';
import type { StressSpec } from '../../../probe/stress/spec.ts';
import { STRESS } from '../../../probe/stress/stress.ts';
import type { Evidence, StressSeen } from '../../../probe/stress/trial.ts';
import { judgeRun as judgeHeader } from '../../../results/verdict.ts';
import {
  crashed,
  hostFault,
  hung,
  makeEvidence,
  makeExposure,
  makeOther,
  makeProbe,
  seenOf,
  wholeOf,
  times,
} from './fixtures/make.ts';

const ok = makeEvidence({ exposure: makeExposure(50_000) });
const whole = times(3, ok);
const good: Record<string, Evidence[]> = {
  unpatched: whole,
  weakened: times(3, crashed(500)),
  v5b: whole,
  stock: whole,
};

function judgeRun(
  { probes, alpha = 0.05 }: { readonly probes: readonly StressSpec[]; readonly alpha?: number },
  seen: readonly StressSeen[],
  troubles: readonly Trouble[] = [],
) {
  const plan = { alpha, probes, variants: [] };
  const header = { plan, kernels: {}, troubles } as unknown as RunHeader;
  const verdict = judgeHeader(header, seen, { stress: STRESS });
  return {
    ...verdict,
    blindProbes: verdict.probes.filter(({ blind }) => blind !== null).map(({ probe }) => probe),
    variants: verdict.probes.flatMap(({ variants }) => variants),
  };
}

function judge(over: Record<string, Evidence[]> = {}, troubles: Trouble[] = []) {
  const trials = Object.entries({ ...good, ...over }).flatMap(([variant, evidence]) => wholeOf(variant, evidence));
  return judgeRun({ probes: [makeProbe()] }, trials, troubles);
}

t.test('0: every variant met its expectation, known findings included', async (test) => {
  const run = judge();
  test.equal(run.status, 0);
  test.same(run.reasons, []);
  test.same(run.blindProbes, []);
  test.same(
    run.variants.map((variant) => [variant.variant, variant.outcome]),
    [
      ['unpatched', 'not-reproduced'],
      ['weakened', 'target'],
      ['v5b', 'not-reproduced'],
      ['stock', 'not-reproduced'],
    ],
  );
  const known = judge({ v5b: [hung()] });
  test.equal(known.status, 0);
  test.same(known.reasons, []);
});

t.test('1: a missed expectation, named', async (test) => {
  const run = judge({ stock: [crashed(5)] });
  test.equal(run.status, 1);
  test.equal(run.reasons.length, 1);
  test.match(run.reasons[0], /^anon\/stock: expected not-reproduced, got target/);
});

t.test('125: a blind control, whatever the plan accepts', async (test) => {
  const run = judge({ weakened: [ok], stock: [], v5b: [hung()] });
  test.match(run, { status: 125, blindProbes: ['anon'] });
  test.match(run.reasons[0], /anon: blind, its control weakened did not crash/);
  const accepting = judgeRun(
    {
      probes: [
        makeProbe({
          variants: ['weakened', 'unpatched'],
          expect: {
            weakened: { accept: ['inconclusive'], known: [] },
            unpatched: { accept: ['inconclusive'], known: [] },
          },
        }),
      ],
    },
    [...wholeOf('weakened', [ok]), ...wholeOf('unpatched', [ok])],
  );
  test.match(accepting, { status: 125, blindProbes: ['anon'] });
});

t.test('125: inconclusive, another bug, a kernel that did not build', async (test) => {
  test.equal(judge({ stock: [makeEvidence({ exposure: makeExposure(10) })] }).status, 125);
  test.equal(judge({ stock: [makeEvidence({ splats: [makeOther('warning', 'W')] })] }).status, 125);
  const unbuilt = judge({ unpatched: [] }, [
    { fault: 'build', variant: 'unpatched', message: 'mm/swapfile.c:12: error' },
  ]);
  test.equal(unbuilt.status, 125);
  test.match(unbuilt.reasons[0], /^unpatched: mm\/swapfile.c:12: error/);
  test.equal(judge({ stock: [] }).status, 125, 'nothing was run');
});

t.test('128: trials that the host took kept a variant from its outcome', async (test) => {
  const run = judge({ unpatched: [makeEvidence({ exposure: makeExposure(10) }), hostFault()] });
  test.equal(run.status, 128);
  test.same(run.reasons, ['anon/unpatched: trials lost to the host: 1']);
  test.equal(judge({ stock: [...whole, hostFault()] }).status, 0, 'it has its outcome all the same');
});

t.test('if several hold: 130, 129, 128, 1, 125', async (test) => {
  const missed = { stock: [crashed(5)], v5b: [] };
  const trouble = (fault: Trouble['fault']): Trouble => ({ fault, variant: null, message: fault });
  test.equal(judge(missed).status, 1);
  test.equal(judge(missed, [trouble('host')]).status, 128);
  test.equal(judge(missed, [trouble('host'), trouble('usage')]).status, 129);
  test.equal(judge(missed, [trouble('host'), trouble('usage'), trouble('interrupted')]).status, 130);
  test.match(judge(missed, [trouble('host')]).reasons[0], /^host$/);
});

t.test('each probe has its own control', async (test) => {
  const probes = [
    makeProbe({ variants: ['weakened', 'stock'] }),
    makeProbe({ id: 'shmem', variants: ['weakened', 'stock'] }),
  ];
  const trials = [
    ...wholeOf('weakened', times(3, crashed(500))),
    ...wholeOf('stock', whole),
    ...wholeOf('weakened', [ok], 'shmem'),
    ...wholeOf('stock', [ok], 'shmem'),
  ];
  const run = judgeRun({ probes }, trials);
  test.same(run.blindProbes, ['shmem']);
  test.same(
    run.variants.map((variant) => variant.outcome),
    ['target', 'not-reproduced', 'inconclusive', 'inconclusive'],
  );
  test.same(judgeRun({ probes }, [...trials].reverse()), run, 'in any order');
});

t.test('alpha decides how low a limit is', async (test) => {
  const trials = [...wholeOf('weakened', times(3, crashed(500))), ...wholeOf('stock', times(3, makeEvidence()))];
  const probes = [makeProbe({ variants: ['weakened', 'stock'], atMost: 0.02 })];
  test.equal(judgeRun({ probes }, trials).status, 0);
  test.equal(judgeRun({ probes, alpha: 0.0001 }, trials).status, 125);
});

t.test('a control by itself has no end to be tried at', async (test) => {
  const probes = [makeProbe({ variants: ['weakened'] })];
  test.match(judgeRun({ probes }, seenOf('weakened', times(3, crashed(500)))), { status: 0, blindProbes: [] });
});

t.test('a run that was stopped before the last trial of its control says nothing of absences', async (test) => {
  const probes = [makeProbe({ variants: ['weakened', 'stock'] })];
  const stopped = [...seenOf('weakened', times(3, crashed(500))), ...seenOf('stock', whole)];
  const run = judgeRun({ probes }, stopped);
  test.match(run, { status: 125, blindProbes: ['anon'] });
  test.match(run.variants[1], { outcome: 'inconclusive', reason: /was not tried at the end/ });
});
