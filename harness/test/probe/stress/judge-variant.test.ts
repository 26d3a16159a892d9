// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { stressFigures } from '../../../probe/stress/figures.ts';
import { judgeVariant as judgeProbed } from '../../../probe/stress/judge.ts';
import { controlOf } from '../../../probe/stress/outcome.ts';
import type { StressSpec } from '../../../probe/stress/spec.ts';
import type { Evidence, JudgedTrial } from '../../../probe/stress/trial.ts';
import { atMost } from '../../../stats/at-most.ts';
import {
  crashed,
  hostFault,
  hung,
  lost,
  makeEvidence,
  makeExposure,
  makeOther,
  makeProbe,
  makeSplat,
  times,
  trialsOf,
} from './fixtures/make.ts';

const probe = makeProbe();
const seeing = times(3, crashed(500)); // 3 in 1500: a rate of 2e-3
const warning = makeOther('warning', 'WARNING in swapon');

const context = { alpha: 0.05, unavailable: {} };

/** A verdict with its figures. */
function judgeVariant(
  variant: string,
  trials: readonly JudgedTrial[],
  control: ReturnType<typeof controlOf>,
  of: StressSpec = probe,
) {
  const { figures, ...verdict } = judgeProbed(of, variant, trials, control, context);
  return { ...verdict, ...stressFigures.parse(figures) };
}

function judge(
  variant: string,
  evidence: readonly Evidence[],
  control: readonly Evidence[] = seeing,
  of: StressSpec = probe,
) {
  const trials = variant === probe.control ? evidence : control;
  return judgeVariant(variant, trialsOf(variant, evidence), controlOf(of, trialsOf('weakened', trials)), of);
}
const ok = (exposed: number) => makeEvidence({ exposure: makeExposure(exposed) });

t.test('an absence says how rare the bug can be at most, over boots', async (test) => {
  const enough = judge('stock', times(3, ok(50_000)));
  test.match(enough, { outcome: 'not-reproduced', suspect: 0, expectation: { kind: 'met' } });
  const limit = atMost(times(3, 50_000), { confidence: 1 - 0.05 / 3 });
  test.match(enough.atMost, { rate: limit, wanted: 2e-3 }, 'for the three variants together');
  test.equal(
    enough.reason,
    `no crash in 150,000 exposed swapoffs of 3 boots: at most ${limit.toExponential(1)} per exposed swapoff (98.3 %)`,
  );
  test.match(enough.rate, { events: 0, exposure: 150_000, boots: 3, low: 0 });
  const one = judge('stock', [ok(150_000), ok(1)]);
  test.ok((one.atMost?.rate ?? 0) > limit * 10, 'one long boot is one boot');
});

t.test('a limit that is no lower than the rate of the control says nothing', async (test) => {
  const short = judge('stock', times(2, ok(100)));
  test.match(short, { outcome: 'inconclusive', expectation: { kind: 'inconclusive' } });
  test.match(
    short.reason,
    /^no crash in 200 exposed swapoffs of 2 boots: at most .* \(98.3 %\), weakened crashes at 2.0e-3$/,
  );
});

t.test('a plan says which limit it needs', async (test) => {
  const strict = makeProbe({ atMost: 1e-5 });
  const short = judge('stock', times(3, ok(50_000)), seeing, strict);
  test.match(short, { outcome: 'inconclusive', reason: /, wanted 1\.0e-5$/ });
  test.match(judge('stock', times(6, ok(1_000_000)), seeing, strict), { outcome: 'not-reproduced' });
  test.match(judge('stock', times(3, ok(1000)), seeing, makeProbe({ atMost: 0.5 })), { outcome: 'not-reproduced' });
});

t.test('a lost trial has to be made up for', async (test) => {
  const doubted = judge('stock', [...times(3, ok(50_000)), lost()]);
  test.match(doubted, { outcome: 'inconclusive', suspect: 1, rate: { events: 0, exposure: 150_000 } });
  test.match(doubted.reason, /1 of 4 trials lost in a way that may hide a crash: 10 whole ones make up for each/);
  test.match(judge('stock', [...times(10, ok(50_000)), lost()]), { outcome: 'not-reproduced', suspect: 1 });
  test.match(judge('stock', [...times(10, ok(50_000)), lost(), lost()]), { outcome: 'inconclusive' });
});

t.test('too few whole trials are no absence', async (test) => {
  test.match(judge('stock', [ok(1_000_000)]), {
    outcome: 'inconclusive',
    reason: /; 1 whole trials of at least 2$/,
  });
});

t.test('worst first: target, hang, other-bug', async (test) => {
  const other = makeEvidence({ splats: [warning] });
  test.match(judge('stock', [ok(9000), other, hung(), crashed(5)]), {
    outcome: 'target',
    reason: /^1 of 4 trials crashed/,
  });
  test.match(judge('stock', [ok(9000), other, hung()]), {
    outcome: 'hang',
    reason: '1 of 3 trials hung: no progress in swap-in',
  });
  test.match(judge('stock', [ok(9000), other]), {
    outcome: 'other-bug',
    reason: '1 of 2 trials: WARNING in swapon',
  });
  test.match(judge('stock', [other]), { reason: '1 of 1 trial: WARNING in swapon' });
});

t.test('the commonest place of a hang is named', async (test) => {
  const off = hung({ end: { kind: 'stalled', threads: [{ name: 's', tid: 1, operation: 'swapoff', stalledMs: 1 }] } });
  test.match(judge('v5b', [hung(), off, off]), { reason: /no progress in swapoff$/ });
  test.match(judge('v5b', [hung(), off]), { reason: /no progress in swap-in$/ }, 'of equals the first');
});

t.test('trials are counted by verdict', async (test) => {
  const { counts } = judge('stock', [ok(10), ok(10), hung(), crashed(1), lost(), makeEvidence({ splats: [warning] })]);
  test.same(counts, { target: 1, hang: 1, 'other-bug': 1, ok: 2, inconclusive: 1 });
});

t.test('the control is held against nothing', async (test) => {
  const verdict = judge('weakened', [crashed(100, { unreportedExposure: 20 }), ok(100)]);
  test.match(verdict, {
    outcome: 'target',
    atMost: null,
    rate: { events: 1, exposure: 220 },
    expectation: { kind: 'met' },
  });
});

t.test('a control that did not crash is never without a finding', async (test) => {
  test.match(judge('weakened', [ok(90_000)]), {
    outcome: 'inconclusive',
    reason: /did not crash in 90,000 exposed swapoffs: the probe is blind/,
    expectation: { kind: 'inconclusive' },
  });
  test.match(judge('weakened', [hung()]), { outcome: 'hang', expectation: { kind: 'missed' } });
});

t.test('under a blind control absence means nothing, presence still does', async (test) => {
  const blind = [ok(500)];
  test.match(judge('stock', [ok(1_000_000)], blind), {
    outcome: 'inconclusive',
    atMost: null,
    reason: /^blind: the control weakened did not crash$/,
  });
  test.match(judge('v5b', [hung()], blind), {
    outcome: 'hang',
    atMost: null,
    expectation: { kind: 'known', seen: ['hang'] },
  });
  test.match(judge('stock', [crashed(5)], blind), { outcome: 'target', expectation: { kind: 'missed' } });
});

t.test('where nothing was raced, the reason of the trials is the reason', async (test) => {
  test.match(judge('stock', []), { outcome: 'inconclusive', reason: 'no trial was run' });
  test.match(judge('stock', [lost(), hostFault(), hostFault()]), {
    outcome: 'inconclusive',
    reason: 'fault of the host: disk full',
  });
  test.match(
    judge('unpatched', [hostFault()]),
    { expectation: { kind: 'inconclusive' } },
    'accepting inconclusive does not accept this',
  );
  test.match(judge('unpatched', [ok(10)]), { outcome: 'inconclusive', expectation: { kind: 'met' } });
});

t.test('one exposed swapoff is an exposure, and a trial without any is not', async (test) => {
  test.match(judge('stock', times(2, ok(1))), {
    outcome: 'inconclusive',
    reason: /^no crash in 2 exposed swapoffs of 2/,
  });
  const bare = trialsOf('stock', [ok(0)]).map((trial) => ({ ...trial, verdict: { kind: 'ok' } as const }));
  const control = controlOf(probe, trialsOf('weakened', seeing));
  test.match(judgeVariant('stock', bare, control), {
    outcome: 'inconclusive',
    reason: 'nothing was exposed',
  });
});

t.test('a control that no longer crashes at the end makes every absence worthless', async (test) => {
  const first = trialsOf('weakened', seeing);
  const last = (evidence: Evidence) =>
    trialsOf('weakened', [evidence]).map((trial) => ({
      ...trial,
      evidence: { ...trial.evidence, step: { ...trial.evidence.step, args: { seconds: 20, part: 'last' } as const } },
    }));
  const quiet = controlOf(probe, [...first, ...last(ok(500))]);
  test.equal(quiet.blind, 'no longer crashed at the end');
  test.match(judgeVariant('stock', trialsOf('stock', times(3, ok(50_000))), quiet), {
    outcome: 'inconclusive',
    reason: 'blind: the control weakened no longer crashed at the end',
  });
  test.equal(controlOf(probe, [...first, ...last(crashed(500))]).blind, null);
  test.not(controlOf(probe, [...first, ...last(hostFault())]).blind, null, 'one that the host took shows no crash');
});

t.test('signatures: what follows the expected bug is its consequence', async (test) => {
  const splats = [
    makeOther('warning', 'WARNING in before'),
    makeSplat(['__swap_duplicate']),
    makeOther('warning', 'WARNING in do_exit'),
  ];
  const titles = judge('stock', [crashed(1, { splats })]).signatures.map((signature) => signature.title);
  test.ok(titles.includes('WARNING in before'));
  test.notOk(titles.includes('WARNING in do_exit'));
});

t.test('signatures: targets first, then by the number of trials, once a trial', async (test) => {
  const oops = makeSplat(['ext4_readdir']);
  const { signatures } = judge('stock', [
    crashed(1, { splats: [oops, oops, makeSplat()] }),
    makeEvidence({ splats: [oops], exposure: makeExposure(5, { corruptPages: 1 }) }),
    hung(),
    hostFault({ splats: [warning] }),
    makeEvidence({ splats: [warning], guestBuildId: 'ffff' }),
  ]);
  test.same(signatures, [
    { title: makeSplat().title, count: 1, target: true },
    { title: oops.title, count: 2, target: false },
    { title: 'data corruption after swap-in', count: 1, target: false },
    { title: 'no progress in swap-in', count: 1, target: false },
  ]);
});

t.test('one title can be the target in one trace and not in another', async (test) => {
  const title = 'BUG: same title';
  const splats = [makeSplat(['__swap_duplicate'], { title }), makeSplat(['ext4_readdir'], { title })];
  test.same(judge('stock', [crashed(1, { splats })]).signatures, [{ title, count: 1, target: true }]);
});

t.test('an accepted hang does not hide another bug', async (test) => {
  const elsewhere = judge('v5b', [hung(), makeEvidence({ splats: [warning] })]);
  test.match(elsewhere.expectation, { kind: 'inconclusive', message: 'in addition to its hang: WARNING in swapon' });
  const same = judge('v5b', [hung({ splats: [warning] })]);
  test.match(same.expectation, { kind: 'inconclusive' });
});

t.test('the last trial of the control does not move the limit that was asked of the others', async (test) => {
  const first = trialsOf('weakened', seeing);
  const [last] = trialsOf('weakened', [crashed(500_000)]);
  const evidence = {
    ...last!.evidence,
    step: { ...last!.evidence.step, args: { seconds: 20, part: 'last' } as const },
  };
  const control = controlOf(probe, [...first, { ...last!, evidence }]);
  test.equal(control.before, 2e-3);
  test.match(judgeVariant('stock', trialsOf('stock', times(3, ok(50_000))), control), {
    outcome: 'not-reproduced',
    atMost: { wanted: 2e-3 },
  });
});
