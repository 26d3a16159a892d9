// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { classify } from '../../model/signature.ts';
import { makeFrame, makeOther, makeSplat, target } from '../probe/stress/fixtures/make.ts';

t.test('the target needs its type and one of its frames', async (test) => {
  test.equal(classify(makeSplat(['xas_start', '__swap_duplicate']), target), 'target');
  test.equal(classify(makeSplat(['xas_start', 'ext4_readdir']), target), 'other', 'type alone');
  test.equal(classify(makeSplat(['__swap_duplicate'], { type: 'warning' }), target), 'other', 'frame alone');
});

t.test('a frame counts where it is only inlined', async (test) => {
  const outer = makeFrame('swapin', { inlined: [{ func: '__swap_duplicate', location: 'mm/swapfile.c:3300' }] });
  test.equal(classify(makeSplat([], { frames: [outer] }), target), 'target');
});

t.test('a leftover on the stack does not count, unless it is the RIP', async (test) => {
  const leftover = makeFrame('do_swap_page', { reliable: false });
  test.equal(classify(makeSplat([], { frames: [makeFrame('ext4_readdir'), leftover] }), target), 'other');
  test.equal(classify(makeSplat([], { frames: [{ ...leftover, isIp: true }] }), target), 'target');
});

t.test('damage matters only where it may have taken what is needed', async (test) => {
  const damaged = { damaged: ['truncated'] } as const;
  test.equal(classify(makeSplat(['__swap_duplicate'], damaged), target), 'target');
  test.equal(classify(makeSplat(['xas_start'], damaged), target), 'unreadable');
  test.equal(classify(makeSplat([], {}), target), 'unreadable', 'no trace at all');
  test.equal(classify(makeSplat(['xas_start'], { ...damaged, type: 'warning' }), target), 'other', 'its type is known');
});

t.test('what the detectors of the kernel see is a hang', async (test) => {
  for (const type of ['hung-task', 'soft-lockup', 'hard-lockup', 'rcu-stall'] as const) {
    test.equal(classify(makeOther(type, type), target), 'hang', type);
  }
  test.equal(classify(makeOther('panic', 'panic'), target), 'other');
});
