// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { judgeExpectation, type Shown } from '../../model/expectation.ts';

const none = { target: 0, hang: 0, 'other-bug': 0, ok: 0, inconclusive: 0 };
const shown = (over: Partial<Shown>): Shown => ({
  outcome: 'closed',
  reason: 'because',
  trials: { ...none, ok: 3 },
  exposure: 1000,
  bugBesides: null,
  ...over,
});

t.test('an accepted outcome meets the plan', async (test) => {
  test.same(judgeExpectation(shown({}), { accept: ['closed'], known: [] }), { kind: 'met' });
});

t.test('a finding that is not accepted is missed', async (test) => {
  for (const outcome of ['target', 'hang'] as const) {
    const result = judgeExpectation(shown({ outcome }), { accept: ['closed'], known: [] });
    test.same(result, { kind: 'missed', message: `expected closed, got ${outcome}: because` });
  }
  test.match(judgeExpectation(shown({}), { accept: ['target', 'hang'], known: [] }), {
    kind: 'missed',
    message: /^expected target or hang, got closed/,
  });
});

t.test('an outcome that says nothing cannot miss', async (test) => {
  for (const outcome of ['inconclusive', 'other-bug'] as const) {
    test.match(judgeExpectation(shown({ outcome }), { accept: ['closed'], known: [] }), {
      kind: 'inconclusive',
      message: /because/,
    });
  }
});

t.test('an accepted inconclusive must at least have raced', async (test) => {
  const expected = { accept: ['inconclusive'], known: [] } as const;
  test.same(judgeExpectation(shown({ outcome: 'inconclusive' }), expected), { kind: 'met' });
  test.same(judgeExpectation(shown({ outcome: 'inconclusive', exposure: 0 }), expected), {
    kind: 'inconclusive',
    message: 'because',
  });
});

t.test('known findings are named, seen or absent', async (test) => {
  const expected = { accept: ['closed', 'hang'], known: ['hang'] } as const;
  test.same(judgeExpectation(shown({}), expected), { kind: 'known', seen: [], absent: ['hang'] });
  const hang = shown({ outcome: 'hang', trials: { ...none, hang: 1 } });
  test.same(judgeExpectation(hang, expected), { kind: 'known', seen: ['hang'], absent: [] });
});

t.test('another bug that comes with a hang is not accepted with it', async (test) => {
  const both = shown({ outcome: 'hang', bugBesides: 'WARNING' });
  test.match(judgeExpectation(both, { accept: ['hang'], known: [] }), {
    kind: 'inconclusive',
    message: 'in addition to its hang: WARNING',
  });
  test.same(judgeExpectation(both, { accept: ['hang', 'other-bug'], known: [] }), { kind: 'met' });
  const crash = shown({ outcome: 'target', bugBesides: 'WARNING' });
  test.same(
    judgeExpectation(crash, { accept: ['target'], known: [] }),
    { kind: 'met' },
    'a crash has many consequences',
  );
});

t.test('a variant that the plan forgot is not met', async (test) => {
  test.match(judgeExpectation(shown({}), undefined), { kind: 'inconclusive', message: /expects nothing/ });
});
