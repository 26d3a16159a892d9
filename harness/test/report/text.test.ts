// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { ProbeSpec, Seen } from '../../model/probe.ts';
import type { RunHeader, Trouble } from '../../model/run.ts';
import type { ShownRun } from '../../model/shown.ts';
import type { PointOutcome } from '../../model/interleave.ts';
import type { Evidence } from '../../probe/stress/trial.ts';
import { reportJson } from '../../report/json.ts';
import { reportText } from '../../report/text.ts';
import { HANG, makePlaceSpec, makeSeen, OOPS, WAITED } from '../probe/place/fixtures/make.ts';
import { newRun, plan } from '../results/fixtures/make-run.ts';
import {
  crashed,
  hung,
  lost,
  makeEvidence,
  makeExposure,
  makeFrame,
  makeOther,
  makeProbe,
  makeSplat,
  wholeOf,
  times,
} from '../probe/stress/fixtures/make.ts';
import { reported } from './fixtures/runs.ts';

const oops = makeSplat([], {
  title: 'BUG: unable to handle kernel NULL pointer dereference in __swap_duplicate',
  frames: [
    makeFrame('__swap_duplicate', {
      isIp: true,
      offset: 0x5b,
      size: 0x150,
      location: 'mm/swapfile.c:3324',
      inlined: [{ func: 'swap_count', location: 'mm/swapfile.c:78' }],
    }),
    makeFrame('leftover', { reliable: false }),
    makeFrame('swapcache_prepare', { location: 'mm/swapfile.c:3410' }),
    makeFrame('do_swap_page', { module: 'zram', offset: 1, size: null }),
    makeFrame('asm_exc_page_fault', { offset: null }),
  ],
});
const ok = makeEvidence({ exposure: makeExposure(50_000) });
const good: Record<string, Evidence[]> = {
  unpatched: [makeEvidence()],
  weakened: times(3, crashed(500, { splats: [oops] })),
  v5b: [ok, hung()],
  stock: times(3, ok),
};

function showing(probes: readonly ProbeSpec[], seen: readonly Seen[], header: Partial<RunHeader> = {}): ShownRun {
  return reported(
    {
      schema: 2,
      id: '20261122T091704.123Z-5f0c1a',
      startedAt: '2026-11-22T09:17:04.123Z',
      ...newRun,
      plan: { ...plan, probes },
      ...header,
    },
    seen,
  ).run;
}

function makeResult(
  over: Record<string, Evidence[]> = {},
  header: Partial<RunHeader> = {},
  troubles: readonly Trouble[] = [],
): ShownRun {
  const seen = Object.entries({ ...good, ...over }).flatMap(([id, evidence]) => wholeOf(id, evidence));
  return showing([makeProbe()], seen, { troubles, ...header });
}

const lines = (run: ShownRun) => reportText(run).split('\n');

t.test('the whole report of a run that went as planned', async (test) => {
  const report = lines(makeResult());
  const at = (pattern: RegExp) => report.findIndex((line) => pattern.test(line));
  for (const wanted of [
    /^small: Linux 6\.1\.192; weakened, stock$/,
    /^on TCG \(no \/dev\/kvm\); cpu a CPU, cpus 2$/,
    /^run 20261122T091704\.123Z-5f0c1a, plan plans\/small\.yaml, seed 1$/,
    /^anon: anon swap-in against swapoff, 3 threads, 64 pages; 2 vCPUs, 256 MiB, swap on/,
    /^ {2}unpatched: inconclusive +1 trial +1,000 exposed +no limit$/,
    /^ {6}no crash in 1,000 exposed swapoffs of 1 boot; 1 whole trials of at least 2$/,
    /^ {2}weakened: reproduced +3 of 3 trials +1,500 exposed +2\.0e-3 \(\d\.\de-\d\.\.\d\.\de-\d\) +control$/,
    /^ {2}v5b: hang +1 of 2 trials +51,000 exposed +at most \d\.\de-\d$/,
    /^ {6}1 of 2 trials hung: no progress in swap-in$/,
    /^ {2}stock: not reproduced +3 trials +150,000 exposed +at most 1\.2e-3$/,
    /^ {6}no crash in 150,000 exposed swapoffs of 3 boots: at most 1\.2e-3 per exposed swapoff \(98\.3 %\)$/,
    /^ {2}\(rate: crashes per exposed swapoff, 95 % interval over boots; at most: 98\.3 % each, for/,
    /^BUG: unable to handle kernel NULL pointer dereference in __swap_duplicate$/,
    /^ {2}the expected bug: 3 trials of anon\/weakened; shown from anon-weakened-0, address 0+1$/,
    /^ {2}RIP {2}swap_count \(inlined\) +mm\/swapfile\.c:78$/,
    /^ {7}__swap_duplicate\+0x5b\/0x150 +mm\/swapfile\.c:3324$/,
    /^ {7}swapcache_prepare\+0x10\/0x100 +mm\/swapfile\.c:3410$/,
    /^ {7}do_swap_page\+0x1 \[zram\]$/,
    /^ {7}asm_exc_page_fault$/,
    /^no progress in swap-in$/,
    /^ {2}not the expected bug: 1 trial of anon\/v5b; shown from anon-v5b-1$/,
    /^ {2}swapin-0: in swap-in for 30\.0 s$/,
    /^Known findings of the plan:$/,
    /^ {2}anon\/v5b: hang, seen in 1 trial$/,
    /^To repeat:$/,
    /^ {2}scripts\/run plans\/small\.yaml$/,
    /^exit status 0: every variant met its expectation$/,
  ]) {
    test.not(at(wanted), -1, `${wanted}\n${report.join('\n')}`);
  }
  test.notOk(
    report.some((line) => line.includes('leftover')),
    'leftovers on the stack are no part of a trace',
  );
  test.equal(report.filter((line) => line === oops.title).length, 1, 'each signature once');
  test.ok(at(/^exit status/) === report.length - 2 && report.at(-1) === '', 'the exit status is last');
  test.ok(report.length < 50, 'it fits a screen');
  test.ok(at(/^BUG/) < at(/^no progress/), 'the target comes first');
});

t.test('no line is wider than 99 columns, whatever a run says', async (test) => {
  const long = 'x'.repeat(300);
  const words = 'word '.repeat(80).trim();
  const wide = makeSplat([long, 'do_swap_page'], { title: `BUG: ${long}` });
  const run = makeResult(
    {
      weakened: times(3, crashed(5, { splats: [wide] })),
      v5b: [hung({ end: { kind: 'stalled', threads: [{ name: long, tid: 1, operation: words, stalledMs: 1 }] } })],
    },
    { host: { cpu: words }, commands: [`scripts/run ${words}`], planFile: long },
    [{ fault: 'build', variant: 'stock', message: `${long} ${words}` }],
  );
  for (const line of lines(run)) test.ok(line.length <= 99, line);
  const commands = lines(run).filter((line) => line.endsWith(' \\'));
  test.ok(commands.length >= 3, 'long commands can still be pasted');
});

t.test('what was missed is named, with the exit status', async (test) => {
  const report = reportText(makeResult({ stock: [crashed(5), lost()] }));
  test.match(report, /\n {2}stock: reproduced +1 of 2 trials/);
  test.match(
    report,
    /\nNot as expected:\n {2}anon\/stock: expected not-reproduced, got target: 1 of 2 trials crashed in the expected way\n/,
  );
  test.match(report, /\nexit status 1: an expectation was missed\n$/);
  test.match(reportText(makeResult({ v5b: times(3, ok) })), /\n {2}anon\/v5b: hang, not seen this time\n/);
});

t.test('a blind control is said where it matters', async (test) => {
  const report = reportText(makeResult({ weakened: [ok] }));
  test.match(report, /\n {2}blind: weakened did not crash, so no absence below means anything\n/);
  test.match(
    report,
    /\n {2}stock: inconclusive +3 trials +150,000 exposed {2}at most [^ ]+\n/,
    'the limit of its own exposure',
  );
  test.match(report, /exit status 125: inconclusive\n$/);
});

t.test('a run that came to nothing', async (test) => {
  const none = { unpatched: [], weakened: [], v5b: [], stock: [] };
  const report = reportText(
    makeResult(none, { kernels: {}, accelerator: null, commands: [], host: {} }, [
      { fault: 'interrupted', variant: null, message: 'Interrupted' },
    ]),
  );
  test.match(report, /^small: no kernel; weakened, stock\non no accelerator chosen\n/);
  test.match(report, /weakened: inconclusive +0 trials +0 exposed {2}no exposure/);
  test.notMatch(report, /To repeat/);
  test.match(report, /Not as expected:\n {2}Interrupted\n/);
  test.match(report, /exit status 130: interrupted\n$/);
});

t.test('maps stand below each other, with where each finding is held', async (test) => {
  const probe = makePlaceSpec({
    expect: { weakened: { accept: ['target'], known: [] }, stock: { accept: ['closed', 'hang'], known: ['hang'] } },
  });
  const reportOf = (control: readonly PointOutcome[]): string =>
    reportText(showing([probe], [makeSeen('weakened', control), makeSeen('stock', [WAITED, HANG, HANG])]));
  const report = reportOf([OOPS, WAITED]);
  test.match(report, /\nplaced: fault held by preempt at the first instruction of every function, swapoff meanwhile;/);
  test.match(
    report,
    /\n {2}weakened: reproduced {2}2 of 100 {2}\|# +\|\n {6}oops: BUG: .* in __swap_duplicate: held at\n {6}do_swap_page\n/,
  );
  test.match(
    report,
    /\n {2}stock: hang {11}3 of 100 {2}\|H+ +\|\n {6}hang in swap_cluster_readahead: held at do_swap_page\+0x4\.\.do_swap_page\+0x8\n/,
  );
  test.match(report, /\n {2}placed\/stock: hang, seen in 2 points\n/);
  test.match(reportOf([WAITED]), /\n {2}blind: the map of weakened does not show the bug/);
});

t.test('corruption is shown word by word', async (test) => {
  const corruptions = [{ page: 7, line: 3, operation: 'fault', expected: '0x9000703a0', found: '0x0' }];
  const exposure = makeExposure(1000, { corruptPages: 1, corruptions });
  const report = reportText(makeResult({ stock: [makeEvidence({ exposure })] }));
  test.match(report, /\n {2}page 7, line 3, seen in fault: 0x9000703a0 was written, 0x0 came back\n/);
});

t.test('traces are shown for the first three signatures, and cut', async (test) => {
  const kinds = ['a', 'b', 'c'].map((name) => makeOther('warning', `WARNING in ${name}`));
  const deep = makeSplat(['__swap_duplicate', ...Array.from({ length: 30 }, (_, index) => `caller_${index}`)]);
  const report = reportText(
    makeResult({ weakened: times(3, crashed(500, { splats: [...kinds, deep] })), v5b: times(3, ok) }),
  );
  test.match(report, /\n {2}… 15 more\n/);
  test.match(report, /\nFurther:\n {2}WARNING in c \(3 trials of anon\/weakened, anon-weakened-0\)\n/);
});

t.test('backends', async (test) => {
  const swap = (backend: Parameters<typeof makeProbe>[0]) => {
    const run = showing([makeProbe(backend)], []);
    return reportText(run).replaceAll(/\s+/g, ' ');
  };
  test.match(
    swap({ backend: { kind: 'virtio-blk', rotational: false, sizeKiB: 5 } }),
    /swap on virtio-blk \(not rotational\), 5 KiB;/,
  );
  test.match(swap({ backend: { kind: 'file', filesystem: 'ext4', sizeKiB: 5 } }), /swap on a file on ext4, 5 KiB;/);
  test.match(swap({ backend: { kind: 'zram', sizeKiB: 5 } }), /swap on zram, 5 KiB;/);
});

t.test('colours change no column and are only there when asked for', async (test) => {
  const run = makeResult({ stock: [crashed(5)] });
  test.notMatch(reportText(run), /\x1b/);
  const painted = reportText(run, { paint: (text, style) => `<${style}:${text}>` });
  test.match(painted, /weakened: <bad:reproduced> {5}3 of 3/);
  test.match(painted, /unpatched: <doubt:inconclusive>/);
  test.match(painted, /<bad:Not as expected:>/);
  test.match(painted, /<bad:exit status 1>: an expectation was missed/);
  test.match(painted, /<heading:BUG: unable/);
  test.equal(painted.replaceAll(/<\w+:([^>]*)>/g, '$1'), reportText(run));
  const fine = makeResult({ v5b: times(3, ok) });
  test.match(
    reportText(fine, { paint: (text, style) => `<${style}:${text}>` }),
    /stock: <good:not reproduced>[^]*<good:exit status 0>/,
  );
});

t.test('the same report in whatever order trials were read', async (test) => {
  const seen = Object.entries(good).flatMap(([id, evidence]) => wholeOf(id, evidence));
  test.equal(reportText(showing([makeProbe()], seen.toReversed())), reportText(showing([makeProbe()], seen)));
});

t.test('JSON says the same', async (test) => {
  const run = makeResult({ stock: [crashed(5)] });
  const json = JSON.parse(JSON.stringify(reportJson(run)));
  test.match(json, {
    run: '20261122T091704.123Z-5f0c1a',
    plan: 'small',
    planFile: 'plans/small.yaml',
    seed: 1,
    status: 1,
    probes: [{ probe: 'anon', kind: 'stress', blind: null }],
    accelerator: { accelerator: 'tcg' },
    kernels: { weakened: { version: '6.1.192' } },
    commands: ['scripts/run plans/small.yaml'],
  });
  test.same(json.probes[0].variants, JSON.parse(JSON.stringify(run.verdict.probes[0]?.variants)));
  test.equal(json.probes[0].steps.length, run.probes[0]?.steps.length);
  test.match(json.probes[0].steps[0], {
    ...{ id: 'anon-unpatched-0', outcome: 'ok' },
    measured: { value: 1000, unit: 'exposed swapoffs' },
  });
});
