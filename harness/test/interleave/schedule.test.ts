// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { SWAPOFF } from '../race/shipped.ts';
import { meets } from '../../interleave/replay.ts';
import { SOURCE_LINE } from '../../interleave/points.ts';
import { formatSchedule, interleavingOf, parseSchedule, requireSeries, sceneOf } from '../../interleave/schedule.ts';

const shipped = resolve(dirname(fileURLToPath(import.meta.url)), '../../../kernel-configs/schedules');

t.test('a schedule is read, checked and written', async (t) => {
  const schedule = parseSchedule(
    'name: a\nhold: {at: __swap_duplicate+0x12#3, how: stall}\nexpect: {kind: oops}\n',
    'a.yaml',
  );
  t.match(schedule, {
    race: 'swapoff',
    hold: { at: '__swap_duplicate+0x12#3', how: 'stall' },
  });
  t.same(parseSchedule(formatSchedule(schedule), 'again'), schedule);
  t.same(parseSchedule('{"name": "j", "hold": {"at": 520, "how": "preempt"}}', 'j.json').hold, {
    at: 520,
    how: 'preempt',
  });
});

t.test('swapoff may be held in its turn, and a place be a source line', async (t) => {
  const schedule = parseSchedule(
    'name: a\nhold: {at: "mm/swapfile.c:3210", how: stall}\nmeanwhile: {contender-to: vfree+0x4}\n',
    'a.yaml',
  );
  t.same(interleavingOf(schedule), { hold: 'stall', contenderTo: 'vfree+0x4' });
  t.equal(schedule.hold.at, 'mm/swapfile.c:3210');
  t.same(parseSchedule(formatSchedule(schedule), 'again'), schedule);
  t.same(interleavingOf({ ...schedule, meanwhile: 'swapoff+swapon' }), {
    hold: 'stall',
    contenderTo: null,
  });
});

t.test('what a schedule does not say is its race’s first, and what there is not is refused', async (t) => {
  const scene = (lines: string) => sceneOf(parseSchedule(`name: a\nhold: {at: x, how: stall}\n${lines}`, 'a'), SWAPOFF);
  t.match(scene(''), { path: 'fault', meanwhile: 'swapoff', backend: { kind: 'virtio-blk', rotational: true } });
  t.match(scene('path: swapoff\nmeanwhile: fault\nsetup: zram\n'), {
    ...{ path: 'swapoff', meanwhile: 'fault' },
    backend: { kind: 'zram', sizeKiB: 1024 },
  });
  t.match(scene('meanwhile: {operation: swapoff+swapon, contender-to: vfree}\n'), { meanwhile: 'swapoff+swapon' });
  t.throws(() => scene('setup: floppy\n'), { code: 'NO_SUCH_SETUP', fault: 'usage', hint: /rotational, solid-state/ });
});

t.test('what is wrong with a schedule is named by its key', async (t) => {
  const wrong = (text: string, message: RegExp): void =>
    void t.throws(() => parseSchedule(text, 's.yaml'), { code: 'SCHEDULE_INVALID', fault: 'usage', message });
  wrong('name: a\nhold: {at: x, how: freeze}\n', /hold\.how/);
  wrong('name: a\nhold: {at: "x+zz", how: stall}\n', /hold\.at/);
  wrong('name: a\nhold: {at: x, how: stall}\nholds: 1\n', /holds/);
  wrong('name: a\npath: Else where\nhold: {at: x, how: stall}\n', /path/);
  wrong('name: a\nhold: {at: x, how: stall}\nmeanwhile: {contender-to: "v free"}\n', /meanwhile/);
  wrong('name: [', /s\.yaml/);
  wrong('', /the whole/);
});

t.test('a schedule that names a line is for kernels that have it', async (t) => {
  const lined = parseSchedule('name: a\nseries: [unpatched]\nhold: {at: "mm/swapfile.c:3213", how: stall}\n', 'a.yaml');
  requireSeries(lined, 'unpatched', ['unpatched']);
  t.throws(() => requireSeries(lined, 'weakened', ['unpatched', 'weakened']), {
    code: 'SCHEDULE_NOT_FOR',
    message: 'a names a source line of kernels with the series unpatched; weakened has unpatched, weakened',
  });
  t.throws(() => requireSeries(lined, 'stock', []), { message: /stock has none/ });
  const named = parseSchedule('name: a\nhold: {at: __swap_duplicate, how: stall}\n', 'a.yaml');
  requireSeries(named, 'stock', []);
});

t.test('the shipped schedules are valid, named as their files, and say whose lines they name', async (t) => {
  const files = readdirSync(shipped).filter((file) => file.endsWith('.yaml'));
  t.ok(files.length > 0);
  for (const file of files) {
    const { name, hold, series } = parseSchedule(readFileSync(join(shipped, file), 'utf8'), file);
    t.equal(`${name}.yaml`, file);
    t.equal(series !== undefined, SOURCE_LINE.test(String(hold.at)), file);
  }
});

t.test('an outcome meets what is expected by kind and by what it names', async (t) => {
  const oops = { kind: 'oops', signature: 'BUG: NULL pointer dereference in __swap_duplicate', splat: null } as const;
  t.ok(meets(oops, { kind: 'oops' }));
  t.ok(meets(oops, { kind: 'oops', matches: '__swap_duplicate' }));
  t.notOk(meets(oops, { kind: 'oops', matches: 'xas_start' }));
  t.notOk(meets({ kind: 'ok' }, { kind: 'oops' }));
});
