// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { GuestEnd } from '../../../model/guest-end.ts';
import type { RawFiles, StepEnd } from '../../../model/probe.ts';
import { deriveStress } from '../../../probe/stress/derive.ts';
import { judged } from '../../../probe/stress/judge-trial.ts';
import { beat, COMPLETED, CRASHED, ended, symbols } from '../../results/fixtures/make-run.ts';
import { BUILD_ID, makeStep, race } from './fixtures/make.ts';

function endOf(end: GuestEnd): StepEnd {
  return {
    ...{ kind: end.kind, message: '', guestBuildId: BUILD_ID, detail: { end, argv: [], bootMs: 1 } },
    ...{ startedAt: '2026-11-22T09:00:00.000Z', endedAt: '2026-11-22T09:01:00.000Z' },
  };
}

function filesOf(texts: Readonly<Record<string, string>>): RawFiles {
  return {
    bytes: async (name) => (texts[name] === undefined ? null : Buffer.from(texts[name])),
    text: async (name) => texts[name] ?? null,
    path: (name) => name,
    names: async () => Object.keys(texts),
    symbols,
  };
}

async function judgedOf(end: GuestEnd, console: string, workload: string) {
  const ending = endOf(end);
  const finding = await deriveStress(ending, filesOf({ 'console.log': console, 'workload.jsonl': workload }));
  return { finding, verdict: judged({ step: makeStep(), end: ending, finding }, race).verdict };
}

t.test('a console with the bug, its frames with their places', async (t) => {
  const { finding, verdict } = await judgedOf({ kind: 'splat' }, CRASHED, beat(250) + beat(500));
  t.match(verdict, { kind: 'target', title: /__swap_duplicate/ });
  t.match(finding, { exposure: { exposed: 500 }, unreportedExposure: 250, ended: false });
  t.equal(finding.splats[0]?.frames[0]?.location, 'mm/__swap_duplicate.c:1');
});

t.test('a program that completed left the guest’s mark, or its console is truncated', async (t) => {
  const whole = await judgedOf({ kind: 'completed' }, COMPLETED, ended(5000));
  t.match(whole, { finding: { console: { truncated: false } }, verdict: { kind: 'ok' } });
  const unmarked = await judgedOf({ kind: 'completed' }, '[    0.0] booting\n', ended(5000));
  t.match(unmarked, { finding: { console: { truncated: true } }, verdict: { cause: 'truncated' } });
  const cut = await judgedOf({ kind: 'completed' }, `${COMPLETED}[   10.0] mm`, ended(5000));
  t.match(cut, { finding: { console: { truncated: true } }, verdict: { cause: 'truncated' } });
  const dropped = `[    1.000000] ** 812 printk messages dropped **\n${COMPLETED}`;
  const lacking = await judgedOf({ kind: 'completed' }, dropped, ended(5000));
  t.match(lacking, { finding: { console: { truncated: true } }, verdict: { cause: 'truncated' } });
});

t.test('what a trial did not leave is not there', async (t) => {
  const none = await judgedOf({ kind: 'completed' }, COMPLETED, '');
  t.match(none, { finding: { exposure: null, ended: false }, verdict: { cause: 'no-end-marker' } });
  const unjoined = await judgedOf({ kind: 'completed' }, COMPLETED, beat(5000));
  t.match(unjoined, { finding: { ended: false }, verdict: { cause: 'no-end-marker' } });
  const finding = await deriveStress(endOf({ kind: 'boot-failed', message: 'silent' }), filesOf({}));
  t.match(finding, { splats: [], exposure: null, console: { bytes: 0 } });
});

t.test('an end whose parts contradict each other is refused', async (t) => {
  const end = { ...endOf({ kind: 'splat' }), kind: 'completed' };
  await t.rejects(deriveStress(end, filesOf({})), { code: 'RUN_UNREADABLE', message: /is completed, and its detail/ });
  await t.rejects(deriveStress({ ...end, detail: null }, filesOf({})), { code: 'RUN_UNREADABLE' });
});
