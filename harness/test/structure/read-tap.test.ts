// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { readTap } from '../read-tap.ts';

const TAP = `TAP version 14
# Subtest: a.test.ts
    # Subtest: outer
        # Subtest: inner
            not ok 1 - one is two
              ---
              compare: ===
              source: "t.equal(1, 2)"
              ...
            words of a program
            1..1
        not ok 1 - inner
        ok 2 - fine
        1..2
    not ok 1 - outer # time=3ms
    ok 2 - other
    not ok 3 - later # TODO
    ok 4 - elsewhere # SKIP needs root
    1..4
not ok 1 - a.test.ts # time=12.5ms

# Subtest: b.test.ts
    1..0 # no tests found
not ok 2 - b.test.ts # time=1ms
  ---
  exitCode: 1
  args:
    - --import=tsx
  ...

# Subtest: c.test.ts
    ok 1 - one
    1..1
ok 3 - c.test.ts # time=1ms
1..3
`;

t.test('tests of each file are counted, and only innermost failures are shown', async (t) => {
  t.match(readTap(TAP), [
    { name: 'a.test.ts', ok: false, passed: 3, failed: 1 },
    { name: 'b.test.ts', ok: false, passed: 0, failed: 1, details: ['not ok: b.test.ts', '  exitCode: 1'] },
    { name: 'c.test.ts', ok: true, passed: 1, failed: 0, details: [] },
  ]);
  const details = readTap(TAP)[0]?.details ?? [];
  t.ok(details.includes('words of a program'));
  t.same(
    details.filter((line) => !line.startsWith('words')),
    ['not ok: a.test.ts > outer > inner > one is two', '  compare: ==='],
  );
});

t.test('a file that was cut off is not counted as passed', async (t) => {
  t.same(
    readTap(TAP.slice(0, TAP.indexOf('not ok 1 - a.test.ts'))).filter(({ ok }) => ok),
    [],
  );
  t.same(readTap(''), []);
});
