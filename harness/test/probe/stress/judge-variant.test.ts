// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { stressFigures } from '../../../probe/stress/figures.ts';
import { judgeVariant as judgeProbed } from '../../../probe/stress/judge.ts';
import { controlOf } from '../../../probe/stress/outcome.ts';
import type { Evidence, JudgedTrial } from '../../../probe/stress/trial.ts';
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
const seeing = times(3, crashed(500)); // 3 in 1500: a clean variant needs 2570
const warning = makeOther('warning', 'WARNING in swapon');

const context = { alpha: 0.05, unavailable: {} };

/** A verdict with its figures. */
function judgeVariant(variant: string, trials: readonly JudgedTrial[], control: ReturnType<typeof controlOf>) {
  const { figures, ...verdict } = judgeProbed(probe, variant, trials, control, context);
  return { ...verdict, ...stressFigures.parse(figures) };
}

function judge(variant: string, evidence: readonly Evidence[], control: readonly Evidence[] = seeing) {
  const trials = variant === probe.control ? evidence : control;
  return judgeVariant(variant, trialsOf(variant, evidence), controlOf(probe, trialsOf('weakened', trials)));
}
const clean = (exposed: number) => makeEvidence({ exposure: makeExposure(exposed) });

t.test('clean needs p < alpha against the control', async (test) => {
  const enough = judge('stock', [clean(2000), clean(570)]);
  test.match(enough, {
    outcome: 'clean',
    comparison: { significant: true, needed: 2570, suspect: 0 },
    expectation: { kind: 'met' },
  });
  test.match(enough.reason, /no crash in 2,570 exposed swapoffs; at the rate of weakened that has p = 0.050/);
  test.match(enough.rate, { events: 0, exposure: 2570, low: 0 });
  test.ok(enough.rate.high > 0 && enough.rate.high < 0.0015, 'the upper bound that its exposure supports');

  const short = judge('stock', [clean(2000), clean(569)]);
  test.match(short, {
    outcome: 'inconclusive',
    comparison: { significant: false, needed: 2570 },
    expectation: { kind: 'cannot-tell' },
  });
  test.match(short.reason, /p < 0.05 needs 2,570/);
});

t.test('a lost trial counts as a crash in the comparison, and only there', async (test) => {
  const doubted = judge('stock', [clean(2570), lost()]);
  test.match(doubted, {
    outcome: 'inconclusive',
    comparison: { suspect: 1, needed: 4531 },
    rate: { events: 0, exposure: 2570 },
  });
  test.match(judge('stock', [clean(4530), lost()]), { outcome: 'inconclusive' });
  test.match(judge('stock', [clean(4531), lost()]), { outcome: 'clean', reason: /1 lost trial counted as a crash/ });
  test.match(judge('stock', [clean(9000), lost(), lost()]), {
    outcome: 'clean',
    reason: /2 lost trials counted as crashes/,
  });
});

t.test('worst first: target, hang, other-bug', async (test) => {
  const other = makeEvidence({ splats: [warning] });
  test.match(judge('stock', [clean(9000), other, hung(), crashed(5)]), {
    outcome: 'target',
    reason: /^1 of 4 trials crashed/,
  });
  test.match(judge('stock', [clean(9000), other, hung()]), {
    outcome: 'hang',
    reason: '1 of 3 trials hung: no progress in swap-in',
  });
  test.match(judge('stock', [clean(9000), other]), {
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
  const { counts } = judge('stock', [
    clean(10),
    clean(10),
    hung(),
    crashed(1),
    lost(),
    makeEvidence({ splats: [warning] }),
  ]);
  test.same(counts, { target: 1, hang: 1, 'other-bug': 1, clean: 2, measured: 0, inconclusive: 1 });
});

t.test('the control is compared with nothing', async (test) => {
  const verdict = judge('weakened', [crashed(100, { unreportedExposure: 20 }), clean(100)]);
  test.match(verdict, {
    outcome: 'target',
    comparison: null,
    rate: { events: 1, exposure: 220 },
    expectation: { kind: 'met' },
  });
});

t.test('a control that did not crash is never clean', async (test) => {
  test.match(judge('weakened', [clean(90_000)]), {
    outcome: 'inconclusive',
    reason: /did not crash in 90,000 exposed swapoffs: the probe is blind/,
    expectation: { kind: 'cannot-tell' },
  });
  test.match(judge('weakened', [hung()]), { outcome: 'hang', expectation: { kind: 'missed' } });
});

t.test('under a blind control absence means nothing, presence still does', async (test) => {
  const blind = [clean(500)];
  test.match(judge('stock', [clean(1_000_000)], blind), {
    outcome: 'inconclusive',
    comparison: null,
    reason: /^blind: the control weakened/,
  });
  test.match(judge('v5b', [hung()], blind), {
    outcome: 'hang',
    comparison: null,
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
    { expectation: { kind: 'cannot-tell' } },
    'accepting inconclusive does not accept this',
  );
  test.match(judge('unpatched', [clean(10)]), { outcome: 'inconclusive', expectation: { kind: 'met' } });
});

t.test('one exposed swapoff is an exposure, and a clean trial without any is none', async (test) => {
  test.match(judge('stock', [clean(1)]), { outcome: 'inconclusive', reason: /^no crash in 1 exposed swapoff gives/ });
  const bare = trialsOf('stock', [clean(0)]).map((trial) => ({ ...trial, verdict: { kind: 'clean' } as const }));
  const control = controlOf(probe, trialsOf('weakened', seeing));
  test.match(judgeVariant('stock', bare, control), {
    outcome: 'inconclusive',
    reason: 'nothing was exposed',
  });
});

t.test('a control so rare that no exposure tells a variant apart', async (test) => {
  const rare = [crashed(1e13)];
  test.match(judge('stock', [clean(1000)], rare), {
    outcome: 'inconclusive',
    reason: /no exposure would give p < 0.05/,
    comparison: { needed: null },
  });
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
  test.match(elsewhere.expectation, { kind: 'cannot-tell', message: 'besides its hang: WARNING in swapon' });
  const same = judge('v5b', [hung({ splats: [warning] })]);
  test.match(same.expectation, { kind: 'cannot-tell' });
});
