// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { explore, type ExploreOptions } from '../../interleave/explore.ts';
import { Budget } from '../../interleave/budget.ts';
import { pathNamed } from '../../interleave/paths.ts';
import type { ControlPage } from '../../interleave/control.ts';
import { anchorOf, heldToAnchor, type Placement } from '../../interleave/prepare.ts';
import { Runner } from '../../interleave/runner.ts';
import { ConsoleSplats, type LineScanner } from '../../lab/console-splats.ts';
import { SymbolTable } from '../../interleave/symbols.ts';
import { PathWalker } from '../../interleave/walk.ts';
import { processState } from '../../machine/work-clock.ts';
import { CpuTakenError } from '../../interleave/errors.ts';
import { HostError, MachineLostError } from '../../model/errors.ts';
import { SWAPOFF } from '../race/shipped.ts';
import { pointName } from '../../model/race-map.ts';
import { makeSplat } from '../probe/stress/fixtures/make.ts';
import type { ExploredPath, PlacedMachine, PointResult, StopEvent } from '../../model/interleave.ts';

const TEXT = 0xffffffff81001000n;
const symbols = new SymbolTable(`ffffffff81001000 T do_swap_page\nffffffff81002000 T _etext\n`);

/** A machine whose held vCPU walks straight on from the anchor, with snapshots of where it was. */
class FakeMachine {
  at = 0;
  steps = 0;
  readonly saved = new Map<string, number>([['anchor', 0]]);
  readonly loads: string[] = [];
  failLoad: Error | null = null;
  /** Steps that execute nothing, by the number of the step. */
  readonly idle = new Set<number>();

  readonly machine = {
    vcpus: {
      readRegister: async (_: number, name: string) => (name === 'rip' ? TEXT + BigInt(4 * this.at) : 0n),
      step: async () => {
        if (!this.idle.has(this.steps++)) this.at++;
        return { signal: 5, thread: 2 };
      },
    },
    snapshots: {
      save: async (name: string) => void this.saved.set(name, this.at),
      load: async (name: string) => {
        this.loads.push(name);
        if (this.failLoad !== null) throw this.failLoad;
        this.at = this.saved.get(name) ?? -1;
      },
    },
    splats: { restart: () => undefined },
  } as unknown as PlacedMachine;

  placement(starved: string | null): Placement {
    return {
      machine: this.machine,
      symbols,
      path: { ...pathNamed(SWAPOFF, 'fault'), limits: { untilReturnOf: [], limit: 120 } },
      starved,
      runner: new Runner(this.machine.vcpus),
    } as unknown as Placement;
  }
}

const options = {
  hold: 'preempt',
  contenderTo: null,
  choice: { kind: 'every', count: 50 },
  repeats: 1,
  explored: new Set<string>(),
  taken: new Set<string>(),
  signal: new AbortController().signal,
} as const;

/** An exploration with what it reported on its way. */
async function exploring(placement: Placement, change: Partial<ExploreOptions> = {}) {
  const results: PointResult[] = [];
  let path: ExploredPath | null = null;
  const { lost } = await explore(placement, {
    ...options,
    onPath: async (stepped) => void (path = stepped),
    onResult: async (result) => void results.push(result),
    ...change,
  });
  return { path: path as ExploredPath | null, results, lost };
}

t.test('a hold that starves the kernel makes every point inconclusive', async (t) => {
  const { path, results, lost } = await exploring(new FakeMachine().placement('stop_machine'));
  t.equal(path?.points.length, 120);
  t.same(
    results.map(({ point }) => point.index),
    [0, 50, 100],
  );
  t.ok(results.every(({ outcome }) => outcome.kind === 'inconclusive' && outcome.reason.includes('stop_machine')));
  t.equal(lost, false);
});

t.test(
  'shares of several guests are all points, each once; what another has explored meanwhile is left out',
  async (t) => {
    const explored = new Set<string>();
    const shared = async (index: number, of: number) => {
      const { results } = await exploring(new FakeMachine().placement('stop_machine'), {
        share: { index, of },
        explored,
      });
      for (const { point } of results) explored.add(pointName(point));
      return results.map(({ point }) => point.index);
    };
    t.same(await shared(0, 2), [0, 100]);
    t.same(await shared(1, 2), [50]);
    t.same(await shared(0, 1), []);
  },
);

t.test('a failure at a point is that point’s result; a lost machine ends the exploration and says so', async (t) => {
  const fake = new FakeMachine();
  const placement = fake.placement(null);
  const traced = async (failure: HostError) => {
    fake.failLoad = null;
    const run = exploring(placement);
    // The first restore is for the trace; those for the points fail.
    await Promise.resolve();
    fake.failLoad = failure;
    return run;
  };
  t.match(await traced(new HostError('SNAPSHOT_FAILED', 'SNAPSHOT_FAILED')), {
    lost: false,
    results: [{ outcome: { kind: 'inconclusive', reason: 'SNAPSHOT_FAILED' } }, {}, {}],
  });
  const lost = await traced(new MachineLostError('GDB_LOST', 'gone'));
  t.match(lost, { lost: true, results: [{ outcome: { kind: 'inconclusive' } }] });
  t.equal(lost.results.length, 1);
});

t.test(
  'a guest whose CPU is taken is left for another one, and a second at the same point is its result',
  async (t) => {
    const fake = new FakeMachine();
    const taken = new Set<string>();
    const once = async () => {
      fake.failLoad = null;
      const run = exploring(fake.placement(null), { taken });
      await Promise.resolve();
      fake.failLoad = new CpuTakenError('swapoff', 'taken');
      return run;
    };
    t.match(await once(), { lost: true, results: { length: 0 } });
    const again = await once();
    t.match(again.results[0], { outcome: { kind: 'inconclusive', reason: /in taken$/ } });
    t.match(again, { lost: true, results: { length: 1 } }, 'and the next point gets its own guest');
  },
);

t.test('points that were explored before are left out', async (t) => {
  const explored = new Set(['do_swap_page', 'do_swap_page+0xc8']);
  const { results } = await exploring(new FakeMachine().placement('x'), { explored });
  t.same(
    results.map(({ point }) => point.index),
    [100],
  );
  await t.rejects(exploring(new FakeMachine().placement('x'), { contenderTo: 'no_such_function' }), {
    code: 'NO_SUCH_FUNCTION',
  });
  await t.rejects(exploring(new FakeMachine().placement('x'), { signal: AbortSignal.abort(new Error('stop')) }), {
    message: 'stop',
  });
});

t.test('the walker follows the path with a second snapshot and notices when it differs', async (t) => {
  const fake = new FakeMachine();
  const walker = new PathWalker(fake.placement(null));
  const point = (index: number) => ({
    index,
    address: `0x${(TEXT + BigInt(4 * index)).toString(16)}`,
    func: 'do_swap_page',
    offset: 4 * index,
    occurrence: 1,
  });
  fake.idle.add(3);
  await walker.goTo(point(50));
  t.equal(fake.at, 50, 'a step that executed nothing is repeated');
  await walker.goTo(point(60));
  await walker.goTo(point(10));
  t.same(fake.loads, ['anchor', 'cursor', 'anchor']);
  t.equal(fake.steps, 51 + 10 + 10);
  await t.rejects(walker.goTo({ ...point(5), address: '0x1' }), { code: 'PATH_DIFFERS' });
});

/** vCPUs that stop where a list says, and a record of what they were asked for. */
function scripted(stops: readonly (readonly [thread: number, pc: bigint])[]) {
  const asked: string[] = [];
  const pcs = new Map<number, bigint>();
  let next = 0;
  const vcpus = {
    threads: async () => [1, 2],
    readRegister: async (thread: number) => pcs.get(thread) ?? 0n,
    insert: async () => undefined,
    remove: async () => undefined,
    step: async (thread: number) => (asked.push(`step ${thread}`), pcs.set(thread, 1n), { signal: 5, thread }),
    resume: (threads: readonly number[] | 'all') => void asked.push(`resume ${String(threads)}`),
    waitStop: async (): Promise<StopEvent | null> => {
      const stop = stops[next++];
      if (stop === undefined) return null;
      pcs.set(...stop);
      return { signal: 5, thread: stop[0] };
    },
  };
  return { asked, vcpus: vcpus as unknown as PlacedMachine['vcpus'] };
}

t.test('a vCPU is stepped past the breakpoint that it was reported at, and no other', async (t) => {
  const { asked, vcpus } = scripted([
    [1, 0x10n],
    [2, 0x20n],
  ]);
  const runner = new Runner(vcpus);
  await runner.insert(0x10n, 0x20n);
  t.same(await runner.run([1], 5), { thread: 1, pc: 0x10n });
  t.same(await runner.run('all', 5), { thread: 2, pc: 0x20n });
  t.equal(await runner.run([1], 5), null);
  t.same(asked, ['resume 1', 'step 1', 'resume all', 'resume 1']);
  runner.restored();
  await runner.start([2]);
  t.same(asked.at(-1), 'resume 2', 'after a restore there is nothing to step past');
});

t.test(
  'a path without its anchor is not reached: the kernel has no such function, or the operation does without',
  async (t) => {
    const path = pathNamed(SWAPOFF, 'look-up');
    t.throws(() => anchorOf(path, symbols), {
      code: 'PATH_NOT_REACHED',
      fault: 'guest',
      message: /look-up.*find_get_incore_page/,
    });
    t.equal(anchorOf(pathNamed(SWAPOFF, 'fault'), symbols).name, 'do_swap_page');

    const [anchor, ended, spin] = [0x10n, 0x20n, 0x30n];
    const control = { addressOf: (mark: string) => (mark === 'spin' ? spin : ended) } as unknown as ControlPage;
    const toAnchor = ({ vcpus }: ReturnType<typeof scripted>) =>
      heldToAnchor({ vcpus } as unknown as PlacedMachine, new Runner(vcpus), control, path, {
        name: 'f',
        address: anchor,
      });
    await t.rejects(toAnchor(scripted([[2, ended]])), {
      code: 'PATH_NOT_REACHED',
      message: /look-up.*came to its end without f/,
    });
    const reached = scripted([
      [1, 0x99n],
      [2, anchor],
      [1, spin],
    ]);
    await toAnchor(reached);
    t.same(
      reached.asked.filter((what) => what.startsWith('resume')),
      ['resume all', 'resume all', 'resume 1'],
      'a stop elsewhere does not count; the other thread goes back to its place',
    );
  },
);

t.test('a budget is used up by running, not by waiting', async (t) => {
  const { vcpus } = scripted([]);
  let work = 0;
  const machine = { vcpus, workMs: async () => (work += 10) } as unknown as PlacedMachine;
  const budget = await Budget.of(machine, 50);
  t.equal(await budget.awaitArrival(new Runner(vcpus)), null);
  t.equal(work, 60);
});

t.test('the CPU time of a process whatever its name', async (t) => {
  const stat = (state: string) => `12 (a) b (c) ${state} 1 1 1 0 -1 4194560 1 0 0 0 150 25 0 0 20 0`;
  t.same(processState(stat('S')), { cpuMs: 1750, stopped: false });
  t.same(processState(stat('T')), { cpuMs: 1750, stopped: true });
});

t.test('a console’s splats begin again with each restore', async (t) => {
  let print: (line: string) => void = () => undefined;
  const scanner = (): LineScanner => {
    let pending: LineScanner['pending'] = 'none';
    return {
      get pending() {
        return pending;
      },
      push: (line) => {
        if (line === 'end') pending = 'complete';
        if (line !== 'BUG') return [];
        pending = 'open';
        return [{ kind: 'started', title: 'BUG' }];
      },
      settle: () => {
        const open = pending !== 'none';
        pending = 'none';
        return open ? [{ kind: 'ended', splat: makeSplat(['f'], { title: 'BUG in f' }) }] : [];
      },
    };
  };
  const splats = new ConsoleSplats(scanner, (listener) => (print = listener));
  const whole = splats.whole();
  for (const line of ['boot', 'BUG']) print(line);
  t.same(splats.titles(), ['BUG']);
  print('end');
  await whole;
  t.same(splats.titles(), ['BUG in f']);
  t.match(splats.splats(), [{ title: 'BUG in f', frames: [{ func: 'f' }] }]);
  await splats.whole();
  splats.restart();
  t.same([splats.titles(), splats.splats()], [[], []]);
  print('BUG');
  t.match(splats.splats(), [{ title: 'BUG in f' }], 'what is open when it is asked for ends there');
  splats.restart();
  print('calm');
  t.equal(await Promise.race([splats.whole().then(() => 'whole'), Promise.resolve('not yet')]), 'not yet');
});
