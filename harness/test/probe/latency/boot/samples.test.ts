// SPDX-License-Identifier: GPL-2.0-only
import t, { type Test } from 'tap';
import type { BootEvidence } from '../../../../probe/latency/boot/validate.ts';
import { usableSamples } from '../../../../probe/latency/boot/validate.ts';
import type { LatencySamples, WakeUp } from '../../../../probe/latency/types.ts';
import { madeUpSamples, regularWindows, samplesFile, workload } from '../fixtures/made-up.ts';

const whole = madeUpSamples({ passes: [{ startNs: 500_000_000, durationNs: 1_000_000 }] });

function evidence(change: Partial<BootEvidence> = {}): BootEvidence {
  return {
    end: { kind: 'completed' },
    buildId: 'ab12',
    guestBuildId: 'ab12',
    complaints: [],
    workload,
    samples: samplesFile(whole),
    trace: null,
    swappedOut: 640,
    ...change,
  };
}

function withWakeUps(change: (wakeUps: readonly WakeUp[]) => readonly WakeUp[]): BootEvidence {
  return evidence({ samples: samplesFile({ ...whole, wakeUps: change(whole.wakeUps) }) });
}

const refused = (t: Test, given: BootEvidence, cause: string, reason: RegExp): void => {
  t.match(usableSamples(given), { kind: 'inconclusive', cause, reason }, `${cause}: ${reason}`);
};

t.test('what a whole boot wrote is read as it was', async (t) => {
  t.same(usableSamples(evidence()), whole satisfies LatencySamples);
});

t.test('a boot that swapped nothing in says so', async (t) => {
  refused(t, evidence({ swappedOut: 0 }), 'nothing-swapped', /nothing was raced/);
  t.same(usableSamples(evidence({ swappedOut: null })), whole, 'where the program said nothing, nothing is known');
});

t.test('a file that is cut anywhere is not read in part', async (t) => {
  const file = samplesFile(whole);
  refused(t, evidence({ samples: file.subarray(0, 0) }), 'truncated', /begins with ""/);
  refused(t, evidence({ samples: file.subarray(0, 100) }), 'truncated', /middle of record 3/);
  refused(t, evidence({ samples: file.subarray(0, file.length - 24) }), 'truncated', /no end mark/);
  refused(t, evidence({ samples: Buffer.concat([file, file.subarray(8, 32)]) }), 'truncated', /follows its end mark/);
  refused(t, evidence({ samples: Buffer.concat([file.subarray(0, 8), file.subarray(32)]) }), 'truncated', /records of/);
  const damaged = Buffer.from(file);
  damaged.writeUInt32LE(77, 8);
  refused(t, evidence({ samples: damaged }), 'truncated', /unknown kind 77/);
  refused(t, evidence({ samples: null }), 'truncated', /no samples came/);
});

t.test('clocks that step back are seen', async (t) => {
  refused(
    t,
    withWakeUps(([first, ...rest]) => [{ ...first!, latencyNs: -3 }, ...rest]),
    'clock-stepped-back',
    /woke 3 ns before/,
  );
  refused(
    t,
    withWakeUps(([a, b, ...rest]) => [b!, a!, ...rest]),
    'clock-stepped-back',
    /goes back/,
  );
  const [first, ...others] = regularWindows();
  const backwards = { ...whole, windows: [{ startNs: first!.startNs, endNs: first!.startNs - 1 }, ...others] };
  refused(t, evidence({ samples: samplesFile(backwards) }), 'clock-stepped-back', /ended before it began/);
});

t.test('nothing is counted twice, and nothing is missing', async (t) => {
  refused(
    t,
    withWakeUps(([first, ...rest]) => [first!, first!, ...rest]),
    'counted-twice',
    /CPU 0 has two/,
  );
  refused(
    t,
    withWakeUps((all) => all.filter((_, index) => index !== 5)),
    'gap',
    /CPU 0 lacks/,
  );
  refused(
    t,
    withWakeUps((all) => all.slice(0, -15)),
    'gap',
    /CPU 1 do not span/,
  );
  refused(
    t,
    withWakeUps((all) => all.filter(({ cpu }) => cpu === 0)),
    'thread-never-ran',
    /CPU 1 never woke/,
  );
});

t.test('cycles that are too few or too close are refused', async (t) => {
  refused(
    t,
    evidence({ samples: samplesFile(madeUpSamples({ windows: regularWindows(9) })) }),
    'too-few-cycles',
    /9 cycles of 10/,
  );
  const close = regularWindows().map((window, index) =>
    index === 4 ? { startNs: window.startNs - 21_000_000, endNs: window.startNs - 20_000_000 } : window,
  );
  refused(t, evidence({ samples: samplesFile(madeUpSamples({ windows: close })) }), 'overlapping-windows', /cycle 4/);
});

t.test('a boot that went wrong gives no figure, whatever it wrote', async (t) => {
  refused(t, evidence({ guestBuildId: 'cd34' }), 'wrong-kernel', /cd34, not ab12/);
  refused(t, evidence({ guestBuildId: null }), 'wrong-kernel', /did not report/);
  refused(t, evidence({ complaints: ['BUG: scheduling while atomic'] }), 'kernel-complained', /while atomic/);
  const threads = [{ name: 'racer', tid: null, operation: 'swap-in', stalledMs: 20_000 }];
  refused(t, evidence({ end: { kind: 'stalled', threads } }), 'hang', /^swap-in made no progress for 20 s$/);
  refused(t, evidence({ end: { kind: 'splat' } }), 'kernel-complained', /could not be read/);
  refused(
    t,
    evidence({ end: { kind: 'guest-lost', message: 'the session was lost', machine: null } }),
    'guest-lost',
    /session/,
  );
  refused(
    t,
    evidence({ end: { kind: 'boot-failed', message: 'no boot' }, guestBuildId: null }),
    'boot-failed',
    /no boot/,
  );
  refused(t, evidence({ end: { kind: 'out-of-time', message: 'late' } }), 'out-of-time', /late/);
});
