// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { ThreadBeat } from '../../model/guest-end.ts';
import type { Exposure, WorkloadMessage } from '../../model/trial.ts';
import { foldWorkload, parseWorkload, stalledThreads } from '../../workload/fold.ts';
import { parseWorkloadLine, parseWorkloadLog } from '../../workload/protocol.ts';

function exposureOf(exposed: number, pending = 0): Exposure {
  return {
    begun: exposed + 5 + pending,
    contenders: exposed + 5,
    overlapped: exposed + 2,
    exposed,
    operations: 40,
    vmstat: { pswpin: 8, pswpout: 90 },
    errors: {},
    corruptPages: 0,
    corruptions: [],
    elapsedMs: 100,
  };
}

function beat(exposed: number, threads: readonly ThreadBeat[] = []): WorkloadMessage {
  return { t: 'beat', exposure: exposureOf(exposed), threads };
}

function thread(name: string, stalledMs: number, operation = 'fault'): ThreadBeat {
  return { name, tid: 41, operation, stalledMs };
}

const start: WorkloadMessage = { t: 'start', threads: 8, pages: 64, workload: 'anon', seed: 1 };
const text = (messages: readonly WorkloadMessage[]): string =>
  messages.map((message) => `${JSON.stringify(message)}\n`).join('');

/** As the program itself wrote it, the numbers apart. */
const RECORDED =
  '{"t":"beat","exposure":{"begun":13,"contenders":12,"overlapped":9,"exposed":6,"operations":301,' +
  '"vmstat":{"pswpin":44,"pswpout":70},"errors":{"swapoff:EINTR":1},' +
  '"corruptPages":0,"corruptions":[],"elapsedMs":706},"threads":[{"name":"swapoff-0","tid":48,"operation":"wait","stalledMs":0},' +
  '{"name":"racer-1","tid":50,"operation":"fault","stalledMs":16}]}';

t.test('a line of the program is read as it was meant', async (t) => {
  const message = parseWorkloadLine(RECORDED);
  t.match(message, { t: 'beat', exposure: { begun: 13, exposed: 6, errors: { 'swapoff:EINTR': 1 } } });
  t.match(message, { exposure: { vmstat: { pswpin: 44, pswpout: 70 } } });
  t.match(message, { threads: [{ name: 'swapoff-0' }, { operation: 'fault', stalledMs: 16 }] });
});

t.test('what the start line says beyond the protocol does no harm', async (t) => {
  t.same(parseWorkloadLine('{"t":"start","threads":8,"pages":64,"workload":"anon","seed":1,"evict":"memcg"}'), start);
});

t.test('garbage is no message', async (t) => {
  const counters = JSON.stringify(exposureOf(1));
  for (const line of [
    '',
    'BUG: kernel NULL pointer dereference',
    RECORDED.slice(0, -1),
    RECORDED.replace('9,', '-9,'),
    RECORDED.replace('"contenders":12,', ''),
    `{"t":"end","exposure":${counters}}`,
    '{"t":"later","x":1}',
    '[]',
    'null',
  ]) {
    t.equal(parseWorkloadLine(line), null, line.slice(0, 40));
  }
});

t.test('a log counts what it could not read', async (t) => {
  const log = parseWorkloadLog(`${text([start, beat(1)])}\u0000\u0000garbage\n${JSON.stringify(beat(2)).slice(0, 50)}`);
  t.same(log.messages, [start, beat(1)]);
  t.equal(log.damaged, 2);
  t.same(parseWorkloadLog(''), { messages: [], damaged: 0 });
  t.equal(parseWorkloadLog(text([start])).damaged, 0);
});

t.test('a workload that ended has reported all', async (t) => {
  const end: WorkloadMessage = { t: 'end', exposure: exposureOf(9), joined: true };
  t.same(foldWorkload([start, beat(1), beat(8), end]), {
    exposure: exposureOf(9),
    unreportedExposure: 0,
    killedBy: null,
    ended: true,
  });
});

t.test('without an end marker the last counters stand, and one more interval may be missing', async (t) => {
  const summary = parseWorkload(text([start, beat(2), beat(7), beat(10)]) + JSON.stringify(beat(30)).slice(0, 60));
  t.same(
    summary,
    { exposure: exposureOf(10), unreportedExposure: 4, killedBy: null, ended: false },
    'as much as one held on average',
  );
});

t.test('a run that two beats show as pending is the last one, and the only one missing', async (t) => {
  const pending = (exposed: number): WorkloadMessage => ({ t: 'beat', exposure: exposureOf(exposed, 1), threads: [] });
  const missing = (...messages: WorkloadMessage[]) => foldWorkload([start, ...messages]).unreportedExposure;
  t.equal(missing(beat(20), pending(40), pending(40)), 1, 'the workload stuck in it');
  t.equal(missing(beat(20), beat(40), pending(60)), 20, 'others may have followed it');
  t.equal(missing(pending(20), pending(40), pending(60)), 20, 'another one each time');
  t.equal(missing(beat(20), beat(40), beat(40)), 14, 'none is pending');
});

t.test('an oops in the first cycle still happened in one', async (t) => {
  t.same(foldWorkload([start]), { exposure: null, unreportedExposure: 1, killedBy: null, ended: false });
  t.same(foldWorkload([start, beat(0)]), {
    exposure: exposureOf(0),
    unreportedExposure: 1,
    killedBy: null,
    ended: false,
  });
});

t.test('threads that did not join: not a proper end', async (t) => {
  t.equal(foldWorkload([start, beat(3), { t: 'end', exposure: exposureOf(3), joined: false }]).ended, false);
});

t.test('a failure is not an end', async (t) => {
  t.equal(foldWorkload([start, { t: 'fail', message: 'cannot open the area' }]).ended, false);
});

t.test('stalled are the threads of the last beat that passed the limit', async (t) => {
  const recovered = beat(1, [thread('racer-0', 20_000)]);
  const hung = beat(1, [thread('racer-0', 0), thread('racer-1', 15_000), thread('racer-2', 14_999)]);
  t.same(
    stalledThreads([recovered, hung], 15).map(({ name }) => name),
    ['racer-1'],
  );
  t.same(stalledThreads([hung, recovered, beat(2, [thread('racer-0', 5)])], 15), []);
  t.same(stalledThreads([start], 15), []);
});
