// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { latencyCommand, programOf } from '../../../probe/latency/command.ts';
import { parseLatencyLine, swappedOut } from '../../../probe/latency/messages.ts';
import { workload } from './fixtures/made-up.ts';

const files = { swap: '/dev/vda', samples: '/tmp/s', cyclictest: '/tmp/c', timerlat: '/tmp/t' };

t.test('a workload becomes the program’s options', async (t) => {
  t.equal(
    latencyCommand({ ...workload, mode: 'quiet', seed: 9 }, files, programOf('made-up')),
    'made-up-latency --mode quiet --swap /dev/vda --out /tmp/s --instrument sampler --trace /tmp/t --cycles 10 --period-us 40000 --horizon-us 20000 --interval-us 1000 ' +
      '--pages 64 --threads 1 --race 1 --seconds 60 --hang-seconds 20 --hold-us 2000 --hot-passes 200 --seed 9',
  );
});

t.test('cyclictest runs next to the workload, in the sampler’s place, and ends with it', async (t) => {
  const command = latencyCommand({ ...workload, instrument: 'cyclictest' }, files, 'latency');
  t.match(
    command,
    /^cyclictest --smp --mlockall --priority=99 --interval=1000 --histogram=200000 --quiet --json=\/tmp\/c /,
  );
  t.match(command, / & latency .*--instrument cyclictest .*; status=\$\?; kill -INT \$!; wait \$!; exit \$status$/);
});

t.test('the program’s lines are read, and nothing else', async (t) => {
  t.same(parseLatencyLine('{"t":"start","cpus":2,"clocksource":"tsc"}'), { t: 'start', cpus: 2, clocksource: 'tsc' });
  t.same(parseLatencyLine('{"t":"stalled","operation":"contender","seconds":21}'), {
    t: 'stalled',
    operation: 'contender',
    seconds: 21,
  });
  t.match(parseLatencyLine('{"t":"fail","message":"swapon /dev/vda: EBUSY"}'), { t: 'fail' });
  t.equal(parseLatencyLine('{"t":"end","cycles":10,"pas'), null, 'cut');
  t.equal(parseLatencyLine('{"t":"other"}'), null);
  const end = '{"t":"end","cycles":10,"passes":2,"swappedOut":640}';
  t.equal(swappedOut(`{"t":"start","cpus":2,"clocksource":"tsc"}\n${end}\n`), 640);
  t.equal(swappedOut(end.slice(0, 30)), null);
  t.equal(parseLatencyLine(''), null);
});
