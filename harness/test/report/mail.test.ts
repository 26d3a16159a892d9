// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { ReportedRun } from '../../model/shown.ts';
import { reportMail } from '../../report/mail.ts';
import { HANG, makeSeen, OK, OOPS, WAITED } from '../probe/place/fixtures/make.ts';
import { good, RUNS, storedRun } from './fixtures/runs.ts';

const ME = 'A Tester <a@example.org>';
const stored = (kind: string) => RUNS[kind]!.stored;

/** The fixture's kernels carry no series; here v5b does. */
function patched(base: ReportedRun): ReportedRun {
  const { header } = base.run;
  const v5b = header.kernels['v5b'];
  if (v5b === undefined) throw new Error('no v5b');
  const kernels = { ...header.kernels, v5b: { ...v5b, series: [{ name: 'v5b', sha256: 'e0' }] } };
  return { ...base, run: { ...base.run, header: { ...header, kernels } } };
}

for (const kind of Object.keys(RUNS)) {
  t.test(`a run that is ${kind}`, async (test) => {
    const mail = reportMail(stored(kind).run, { testedBy: ME });
    for (const line of mail.split('\n')) test.ok(line.length < 75, line);
    test.notMatch(mail, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    test.notMatch(mail, /\n\n\n/);
    test.notMatch(mail, /^Tested-by/m, 'no variant here carries a series');
  });
}

t.test('what was tested, on what, with which counts', async (test) => {
  const mail = reportMail(patched(stored('reproduced')).run);
  for (const wanted of [
    /^Base: {5}Linux 6\.1\.192 \(linux-source-6\.1\)$/m,
    /^ {2}v5b {8}v5b$/m,
    /^ {2}stock {6}as it is$/m,
    /^Config: {3}base, machine, swap, fs, debug \(1 \.config\)$/m,
    /^Built by: gcc 12$/m,
    /^Guests: {3}TCG$/m,
    /^Host: {5}cpu a CPU, cpus 2$/m,
    /^ {2}weakened +reproduced +3 of 3 +1,500 exposed[^]*2\.0e-3/m,
    /^ {2}v5b +not reproduced +3 +150,000 exposed +at most 1\.2e-3/m,
    /^The bug, in 3 trials of anon\/weakened, 1 trial of anon\/stock:$/m,
    /^ {2}BUG: unable to handle kernel NULL pointer/m,
    /^ {2}RIP {2}swap_count \(inlined\) +mm\/swapfile\.c:78$/m,
    /^Not as expected:$/m,
    /^ {2}scripts\/run plans\/small\.yaml$/m,
  ])
    test.match(mail, wanted);
  test.notMatch(mail, /Tested-by/, 'without a name there is nothing to draft');
});

t.test('a shipped plan is named as every clone has it', async (test) => {
  const base = stored('not reproduced');
  const commands = ['scripts/run /home/somebody/swaprace/kernel-configs/plans/short.yaml --accel tcg'];
  const mail = reportMail({ ...base.run, header: { ...base.run.header, commands } });
  test.match(mail, /^ {2}scripts\/run kernel-configs\/plans\/short\.yaml --accel tcg$/m);
});

t.test('a Tested-by line only where the evidence supports it', async (test) => {
  const drafted = (run: ReportedRun) =>
    /^Tested-by: A Tester <a@example\.org>$/m.test(reportMail(run.run, { testedBy: ME }));
  test.equal(drafted(patched(stored('not reproduced'))), false, 'that it was not seen is no reason');
  test.match(reportMail(patched(stored('not reproduced')).run, { testedBy: ME }), /v5b: no probe closed it/);
  test.equal(drafted(patched(stored('known hang'))), false, 'it hangs');
  test.match(reportMail(patched(stored('known hang')).run, { testedBy: ME }), /v5b: anon: hang/);
  test.equal(drafted(patched(stored('blind'))), false, 'nothing to compare with');
  test.equal(drafted(patched(stored('host troubles'))), false, 'the host was at fault');
  const mapped = (control: typeof OOPS, ...outcomes: (typeof OOPS)[]) =>
    patched(storedRun({ trials: good, placed: [makeSeen('weakened', [control]), makeSeen('v5b', outcomes)] }));
  test.equal(drafted(mapped(OOPS, WAITED, OK)), true);
  test.match(
    reportMail(mapped(OOPS, WAITED, OK).run, { testedBy: ME }),
    /\(Draft, for the series of v5b only; yours to give or not\.\)/,
  );
  test.equal(drafted(mapped(OOPS, WAITED, HANG)), false, 'its map has a hang');
  test.equal(drafted(mapped(OK, OK)), false, 'the map of the control does not show the bug');
});

t.test('the map in a few lines', async (test) => {
  const placed = [makeSeen('weakened', [OOPS, OOPS, WAITED, WAITED])];
  const mail = reportMail(storedRun({ trials: good, placed }).run);
  test.match(mail, /^ {2}weakened: reproduced|^ {2}weakened {2}reproduced/m);
  test.match(mail, /4 of 100 points explored: 2 oops, 2 waited/);
  test.match(mail, /oops: BUG: [^]*held at\s+do_swap_page/);
});
