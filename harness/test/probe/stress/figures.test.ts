// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { figuresOf, type Role } from '../../../probe/stress/figures.ts';
import type { Evidence } from '../../../probe/stress/trial.ts';
import {
  crashed,
  hostFault,
  hung,
  lost,
  makeEvidence,
  makeExposure,
  makeOther,
  makeSplat,
  trialsOf,
} from './fixtures/make.ts';

function figures(role: Role, ...evidence: Evidence[]) {
  const { boots, suspect } = figuresOf(trialsOf('v', evidence), role);
  const exposure = boots.reduce((sum, boot) => sum + boot.exposure, 0);
  return { events: boots.filter(({ event }) => event).length, suspect, exposure };
}
const late = { unreportedExposure: 50 };

t.test('a crashed trial is one event, however many splats it has', async (test) => {
  const twice = crashed(100, { splats: [makeSplat(), makeSplat()] });
  test.same(figures('control', twice, crashed(200)), { events: 2, suspect: 0, exposure: 300 });
});

t.test('exposure after the last counters is charged to the control only', async (test) => {
  test.same(figures('control', crashed(100, late)), { events: 1, suspect: 0, exposure: 150 });
  test.same(figures('variant', crashed(100, late)), { events: 1, suspect: 0, exposure: 100 });
});

t.test('the run that crashed is counted once, whether its counters came or not', async (test) => {
  for (const role of ['control', 'variant'] as const) {
    const pending = crashed(100, { ended: false, unreportedExposure: 1 });
    test.equal(figures(role, pending).exposure, 101, `${role}: stuck in it`);
    const wentOn = crashed(100, { ended: true });
    test.equal(figures(role, wentOn).exposure, 100, `${role}: it was judged with the others`);
  }
});

t.test('what was overlapped is summed up with what was exposed', async (test) => {
  const { boots } = figuresOf(trialsOf('v', [makeEvidence(), hostFault(), crashed(0, { exposure: null })]), 'variant');
  test.same(boots, [
    { event: false, exposure: 1000, overlapped: 1005 },
    { event: true, exposure: 1, overlapped: 0 },
  ]);
});

t.test('a crash before any counters is still one of at least one exposure', async (test) => {
  test.same(figures('variant', crashed(0, { exposure: null })), { events: 1, suspect: 0, exposure: 1 });
  test.same(figures('control', crashed(0, { exposure: null, ...late })), { events: 1, suspect: 0, exposure: 50 });
});

t.test('what was survived before a hang or another bug counts', async (test) => {
  const other = makeEvidence({ splats: [makeOther('warning', 'WARNING')] });
  test.same(figures('variant', hung(), other, makeEvidence()), { events: 0, suspect: 0, exposure: 3000 });
});

t.test('a trial that may have crashed unseen is held against a variant', async (test) => {
  const suspects = [
    lost(),
    makeEvidence({ end: { kind: 'out-of-time', message: '' } }),
    makeEvidence({ exposure: null }),
    makeEvidence({ console: { bytes: 9000, truncated: true } }),
    makeEvidence({ splats: [makeSplat(['xas_start'], { damaged: ['truncated'] })] }),
  ];
  test.same(figures('variant', ...suspects), { events: 0, suspect: 5, exposure: 0 });
  test.same(figures('control', ...suspects), { events: 0, suspect: 0, exposure: 4000 });
});

t.test('a workload that failed may have failed by the bug', async (test) => {
  const failed = makeEvidence({
    end: { kind: 'program-failed', message: 'the worker was killed by signal 7' },
    ...late,
  });
  test.same(figures('variant', failed), { events: 0, suspect: 1, exposure: 0 });
  test.same(figures('control', failed), { events: 0, suspect: 0, exposure: 1050 });
});

t.test('what is not about the kernel counts for nobody', async (test) => {
  const void_ = [
    hostFault(),
    makeEvidence({ guestBuildId: 'ffff' }),
    makeEvidence({ end: { kind: 'boot-failed', message: '' } }),
    makeEvidence({ exposure: makeExposure(0), ...late }),
  ];
  for (const role of ['control', 'variant'] as const) {
    test.same(figures(role, ...void_), { events: 0, suspect: 0, exposure: 0 }, role);
  }
});
