// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { bootFigures } from '../../../../probe/latency/boot/figures.ts';
import { parseTimerlat, parseWaits } from '../../../../probe/latency/boot/timerlat.ts';
import { usableSamples } from '../../../../probe/latency/boot/validate.ts';
import type { LatencySamples, WakeUp } from '../../../../probe/latency/types.ts';
import { madeUpSamples, samplesFile, workload } from '../fixtures/made-up.ts';

const MS = 1_000_000;

/**
 * An activation as the kernel prints it. Times in microseconds; `traced` is how much later than they happened events
 * were written.
 */
interface MadeUpActivation {
  readonly dueUs: number;
  readonly irqUs: number;
  readonly threadUs: number;
  readonly tracedUs?: number;
}

function line(atUs: number, cpu: number, comm: string, what: string): string {
  const stamp = `${Math.floor(atUs / 1e6)}.${String(Math.floor(atUs % 1e6)).padStart(6, '0')}`;
  return `${comm.padStart(16)}-${100 + cpu}     [${String(cpu).padStart(3, '0')}] d..1.  ${stamp}: ${what}`;
}

function activation(cpu: number, number: number, { dueUs, irqUs, threadUs, tracedUs = 1 }: MadeUpActivation): string[] {
  const event = (context: string, us: number) =>
    `#${String(number).padEnd(5)} context ${context.padStart(6)} timer_latency ${String(us * 1000).padStart(9)} ns`;
  return [
    line(dueUs + irqUs + tracedUs, cpu, '<idle>', event('irq', irqUs)),
    line(dueUs + threadUs + tracedUs, cpu, `timerlat/${cpu}`, event('thread', threadUs)),
  ];
}

function stop(cpu: number, fromUs: number, toUs: number): string[] {
  const names = [
    ['racer', `migration/${cpu}`],
    [`migration/${cpu}`, 'swapper/0'],
  ] as const;
  return names.map(([from, to], index) =>
    line(
      index === 0 ? fromUs : toUs,
      cpu,
      from,
      `sched_switch: prev_comm=${from} prev_pid=7 prev_prio=120 prev_state=R+ ==> next_comm=${to} next_pid=20 next_prio=0`,
    ),
  );
}

const head = [
  '# tracer: timerlat',
  '#',
  '#           TASK-PID      CPU# |||||   TIMESTAMP   ID            CONTEXT                 LATENCY',
  '',
];
const trace = (...lines: string[][]): string => [...head, ...lines.flat(), ''].join('\n');
const quick = (dueUs: number): MadeUpActivation => ({ dueUs, irqUs: 40, threadUs: 60 });
const parsed = (text: string): readonly WakeUp[] => {
  const wakeUps = parseTimerlat(text, MS);
  if ('kind' in wakeUps) throw new Error(wakeUps.reason);
  return wakeUps;
};

t.test('a wake-up has its grid’s time, and its latency is split at the interrupt', async (t) => {
  const slow = { ...quick(12_000), tracedUs: 900 };
  const wakeUps = parsed(
    trace(
      activation(0, 1, quick(10_000)),
      activation(0, 2, quick(11_000)),
      activation(0, 3, slow),
      activation(0, 4, quick(13_000)),
    ),
  );
  t.same(
    wakeUps.map(({ expectedNs }) => expectedNs - (wakeUps[0]?.expectedNs ?? 0)),
    [0, MS, 2 * MS, 3 * MS],
    'an event that was traced late moves nothing',
  );
  t.match(wakeUps[0], { cpu: 0, latencyNs: 60_000, causes: { interruptNs: 40_000, threadNs: 20_000, stoppedNs: 0 } });
});

t.test('points that timerlat left out are as late as the thread was', async (t) => {
  const long = { dueUs: 11_000, irqUs: 2_500, threadUs: 3_400 };
  const wakeUps = parsed(
    trace(activation(0, 1, quick(10_000)), activation(0, 2, long), activation(0, 3, quick(15_000))),
  );
  t.same(
    wakeUps.map(({ latencyNs }) => latencyNs / 1000),
    [60, 3_400, 2_400, 1_400, 400, 60],
  );
  t.same(wakeUps[3]?.causes, { interruptNs: 500_000, threadNs: 900_000, stoppedNs: 0 });
  t.same(wakeUps[4]?.causes, { interruptNs: 0, threadNs: 400_000, stoppedNs: 0 });
  const between = parsed(
    trace(activation(0, 1, { dueUs: 10_000, irqUs: 40, threadUs: 995 }), activation(0, 2, quick(12_000))),
  );
  t.same(
    between.map(({ latencyNs }) => latencyNs),
    [995_000, 0, 60_000],
    'due after the look at the clock, over before the next sleep',
  );
});

t.test('what a stopper thread had is the stopped machine’s', async (t) => {
  const late = { dueUs: 11_000, irqUs: 700, threadUs: 900 };
  const [, wakeUp] = parsed(trace(activation(0, 1, quick(10_000)), stop(0, 11_201, 11_851), activation(0, 2, late)));
  // Grid and events both lag the clock by a microsecond.
  t.same(wakeUp?.causes, { interruptNs: 200_000, threadNs: 50_000, stoppedNs: 650_000 });
  const [, other] = parsed(trace(activation(0, 1, quick(10_000)), stop(1, 11_201, 11_851), activation(0, 2, late)));
  t.same(other?.causes, { interruptNs: 700_000, threadNs: 200_000, stoppedNs: 0 }, 'that of another CPU is not');
  const [begun] = stop(0, 11_201, 11_851);
  const [, cut] = parsed(trace(activation(0, 1, quick(10_000)), [begun as string], activation(0, 2, late)));
  t.same(cut?.causes?.stoppedNs, 700_000, 'one whose end was not traced goes on');
});

t.test('waits of contender, by its probes; null where there were none', async (t) => {
  const marker = line(9_000, 0, 'latency', 'tracing_mark_write: waits are traced');
  const begins = (atUs: number) => line(atUs, 0, 'latency', 'wait_begins_synchronize_rcu: (synchronize_rcu+0x0/0x140)');
  const ends = (atUs: number) =>
    line(atUs, 1, 'latency', 'wait_ends_synchronize_rcu: (__do_sys_swapoff+0x4f1/0x7a0 <- synchronize_rcu)');
  t.same(
    parseWaits(
      trace([
        marker,
        ends(9_500),
        begins(10_000),
        ends(12_500),
        begins(20_000),
        ends(21_000),
        begins(30_000),
        begins(40_000),
        ends(41_000),
      ]),
    ),
    [
      { fromNs: 10 * MS, toNs: 12.5 * MS },
      { fromNs: 20 * MS, toNs: 21 * MS },
      { fromNs: 40 * MS, toNs: 41 * MS },
    ],
  );
  t.same(parseWaits(trace([marker])), []);
  t.equal(parseWaits(trace([begins(10_000), ends(12_500)])), null);
});

t.test('an event that lacks makes the trace unusable', async (t) => {
  const all = [1, 2, 3].flatMap((number) => activation(0, number, quick(10_000 + number * 1000)));
  t.same(parsed(trace(all)).length, 3);
  t.same(parsed(trace(all.slice(0, -1))).length, 2, 'but for the last wake-up');
  t.same(parsed(trace(all.slice(2))).length, 2, 'it begins with any wake-up');
  t.same(parsed(trace(all.slice(1))).length, 2, 'and with any half of one');
  t.match(parseTimerlat(trace([...all.slice(0, 3), ...all.slice(4)]), MS), {
    kind: 'inconclusive',
    cause: 'truncated',
    reason: /CPU 0 has irq 3 where thread 2 is due/,
  });
  t.match(parseTimerlat(trace([...all.slice(0, 2), ...all.slice(4)]), MS), { reason: /has irq 3 where irq 2 is due/ });
  t.match(parseTimerlat(trace(activation(0, 1, { dueUs: 10_000, irqUs: 90, threadUs: 60 })), MS), {
    reason: /before its interrupt/,
  });
  t.same(parseTimerlat('', MS), []);
});

t.test('a boot’s trace is held to what a boot’s samples are, and its causes add up', async (t) => {
  const timed = { ...workload, instrument: 'timerlat' as const };
  const whole: LatencySamples = madeUpSamples({
    latencyNs: (since) => (since >= 0 && since < 3 * MS ? 800_000 : 60_000),
  });
  const lines = [0, 1].map((cpu) =>
    whole.wakeUps
      .filter((wakeUp) => wakeUp.cpu === cpu)
      .flatMap(({ expectedNs, latencyNs }, index) =>
        activation(cpu, index + 1, { dueUs: expectedNs / 1000, irqUs: latencyNs / 4000, threadUs: latencyNs / 1000 }),
      ),
  );
  const evidence = {
    end: { kind: 'completed' as const },
    buildId: 'ab12',
    guestBuildId: 'ab12',
    complaints: [],
    workload: timed,
    samples: samplesFile({ ...whole, wakeUps: [] }),
    trace: trace(...lines),
    swappedOut: 640,
  };
  const samples = usableSamples(evidence);
  if ('kind' in samples) return void t.fail(`${samples.cause}: ${samples.reason}`);
  t.same(
    samples.wakeUps.map(({ latencyNs }) => latencyNs),
    whole.wakeUps.map(({ latencyNs }) => latencyNs),
  );
  const { excessUs, excessCauses } = bootFigures(samples, {
    horizonNs: workload.horizonUs * 1000,
    pages: 64,
    instructions: null,
  });
  const { interruptUs, threadUs, stoppedUs } = excessCauses!;
  t.equal(Math.round(interruptUs + threadUs + stoppedUs), Math.round(excessUs!));
  t.equal(Math.round(threadUs), Math.round(3 * interruptUs));
  t.equal(stoppedUs, 0);
  t.equal(samples.waits, undefined);
  const waited = usableSamples({
    ...evidence,
    trace: trace(...lines, [line(9_000, 0, 'latency', 'tracing_mark_write: waits are traced')]),
  });
  t.same((waited as LatencySamples).waits, []);
  t.match(usableSamples({ ...evidence, trace: null }), { cause: 'truncated', reason: 'no trace came from the guest' });
  t.match(usableSamples({ ...evidence, trace: trace(lines[0]!) }), {
    cause: 'thread-never-ran',
    reason: /CPU 1 never woke/,
  });
  t.match(usableSamples({ ...evidence, trace: trace(lines[0]!, lines[1]!.slice(0, 40)) }), {
    cause: 'gap',
    reason: /CPU 1 do not span/,
  });
});
