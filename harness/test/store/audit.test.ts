import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { JudgedTrial } from '../../model/verdict.ts';
import { audit, type AuditTools } from '../../store/audit.ts';
import { listFiles, writeSums } from '../../store/sums.ts';
import { judgeRun } from '../../verdict/judge-run.ts';
import { FAKE_TRIALS, located, makeRun, plan, tools } from './fixtures/make-run.ts';

const base = t.testdir({});
const sound = await makeRun(join(base, 'results'));
let copies = 0;

/** A copy of the sound run, to be spoilt. */
function copy(): string {
  const dir = join(base, `copy-${copies++}`);
  cpSync(sound, dir, { recursive: true });
  return dir;
}

async function problems(dir: string, with_: AuditTools = tools): Promise<string[]> {
  return (await audit(dir, with_)).problems.map(({ file, what }) => `${file}: ${what}`);
}

function edit(dir: string, file: string, from: string, to: string): void {
  const path = join(dir, file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`no ${from} in ${file}`);
  writeFileSync(path, text.replace(from, to));
}

t.test('a sound run has no problems', async (test) => {
  test.same(await audit(sound, tools), { files: 4 + 4 * 7, trials: 4, problems: [] });
});

t.test('one flipped bit anywhere is found, and its file named', async (test) => {
  const { files } = await listFiles(sound);
  test.equal(files.length, 32);
  const dir = copy();
  for (const file of files) {
    const path = join(dir, file);
    const bytes = readFileSync(path);
    const spoilt = Buffer.from(bytes);
    const middle = Math.floor(bytes.length / 2);
    spoilt[middle] = (spoilt[middle] ?? 0) ^ 1;
    for (const content of [spoilt, Buffer.concat([bytes, Buffer.from('\n')])]) {
      writeFileSync(path, content);
      const found = await problems(dir);
      // A sum that no longer fits is the sum of some file; both are named.
      test.ok(found.some((problem) => problem.includes(file)), `${file}: ${found.join(' | ')}`);
    }
    writeFileSync(path, bytes);
  }
  test.same(await problems(dir), []);
});

t.test('missing and extra files', async (test) => {
  const dir = copy();
  rmSync(join(dir, 'trials/anon-stock-0/argv.json'));
  writeFileSync(join(dir, 'trials/anon-stock-0/notes.txt'), 'mine');
  mkdirSync(join(dir, 'trials/.anon-stock-1.partial'));
  symlinkSync('/dev/null', join(dir, 'link'));
  const found = await problems(dir);
  for (const wanted of [
    /^link: is neither a file nor a folder$/, /^trials\/\.anon-stock-1\.partial: is an empty folder$/,
    /^trials\/anon-stock-0\/argv\.json: is missing \(SHA256SUMS lists it\)$/, /^trials\/anon-stock-0\/notes\.txt: is not in SHA256SUMS$/,
  ]) {
    test.ok(found.some((problem) => wanted.test(problem)), `${wanted}: ${found.join(' | ')}`);
  }
});

t.test('a run that was not finished', async (test) => {
  const dir = copy();
  for (const file of ['SHA256SUMS', 'verdict.json', 'report.txt']) rmSync(join(dir, file));
  const found = await problems(dir);
  test.match(found, [/^SHA256SUMS: is missing: the run was not finished/, /^verdict\.json: /, /^report\.txt: /]);
  test.equal(found.length, 3);
});

t.test('sums that were not written like this', async (test) => {
  const dir = copy();
  appendFileSync(join(dir, 'SHA256SUMS'), 'x\n');
  test.match(await problems(dir), [/^SHA256SUMS: is not a list of sums/]);
});

/** Edits with sums made to fit again: only recomputing can tell. */
const FORGERIES: readonly [string, string, string, RegExp][] = [
  ['trials/anon-stock-0/workload.jsonl', '5000', '4000', /evidence\.json: exposure\.swapoffs is 5010, recomputed 4010/],
  ['trials/anon-stock-0/workload.jsonl', 'end\n', '', /trial\.json: end\.kind is "completed", but workload\.jsonl holds no end marker/],
  ['trials/anon-stock-0/evidence.json', '5010', '9010', /evidence\.json: exposure\.swapoffs is 9010, recomputed 5010/],
  ['trials/anon-stock-0/console.log', 'booting', 'SPLAT __swap_duplicate', /splats\.json: 0 is absent, recomputed/],
  ['trials/anon-weakened-1/console.log', '__swap_duplicate', 'ext4_readdir', /splats\.json: 0\.title is/],
  ['trials/anon-weakened-1/splats.json', '"__swap_duplicate"', '"__swap_triplicate"', /splats\.json: 0\.guilty is/],
  ['trials/anon-weakened-1/verdict.json', 'target', 'hang', /verdict\.json: /],
  ['trials/anon-weakened-1/trial.json', BUILD('a1b2c3d4'), BUILD('a1b2c3d5'), /trial\.json: spec\.buildId is "a1b2c3d5", recomputed "a1b2c3d4"/],
  ['trials/anon-weakened-1/trial.json', '"seconds": 60', '"seconds": 61', /trial\.json: spec\.seconds is 61, recomputed 60/],
  ['trials/anon-weakened-1/trial.json', '"threads": 3', '"threads": 4', /spec\.threads is 4/],
  ['trials/anon-weakened-1/trial.json', '"anon-weakened-1"', '"anon-weakened-7"', /spec\.id is anon-weakened-7, its folder anon-weakened-1/],
  ['trials/anon-weakened-1/trial.json', '"variant": "weakened"', '"variant": "v9"', /the run has no v9 under anon/],
  ['trials/anon-weakened-1/trial.json', '"accelerator": "tcg"', '"accelerator": "kvm"', /meta\.accelerator is "kvm", recomputed "tcg"/],
  ['trials/anon-weakened-1/trial.json', '"bootMs": 2000', '"bootMs":  2000', /trial\.json: is not in the form/],
  ['trials/anon-weakened-1/argv.json', '  "-M"', '"-M"', /argv\.json: is not in the form/],
  ['run.json', '"alpha": 0.05', '"alpha": 0.5', /verdict\.json: variants\.1\.comparison\.needed is 2|verdict\.json: variants\.1\.comparison/],
  ['run.json', '"seed": 1', '"seed": 2', /trial\.json: spec\.seed is/],
  ['run.json', '"schema": 1', '"schema": 2', /run\.json: Cannot read/],
  ['verdict.json', '"status": 0', '"status": 1', /verdict\.json: status is 1, recomputed 0/],
  ['verdict.json', '"events": 3', '"events": 4', /verdict\.json: variants\.0\.rate\.events is 4, recomputed 3/],
  ['report.txt', 'exit status 0', 'exit status 1', /report\.txt: line \d+ is "exit status 1.*recomputed "exit status 0/],
];

function BUILD(id: string): string {
  return `"buildId": "${id}"`;
}

t.test('edits that the sums were made to fit are found by recomputing', async (test) => {
  for (const [file, from, to, wanted] of FORGERIES) {
    const dir = copy();
    edit(dir, file, from, to);
    await writeSums(dir);
    const found = await problems(dir);
    test.ok(found.some((problem) => wanted.test(problem)), `${file}: ${from} → ${to}: ${found.join(' | ')}`);
  }
});

t.test('a trial that was taken away changes the verdict', async (test) => {
  const dir = copy();
  rmSync(join(dir, 'trials/anon-weakened-2'), { recursive: true });
  await writeSums(dir);
  test.match(await problems(dir), [/^verdict\.json: variants\.0/, /^report\.txt: line/]);
});

t.test('a report with lines more or less', async (test) => {
  const dir = copy();
  appendFileSync(join(dir, 'report.txt'), 'all good\n');
  await writeSums(dir);
  test.match(await problems(dir), [/^report\.txt: line \d+ is "all good", recomputed ""$/]);
  const cut = copy();
  writeFileSync(join(cut, 'report.txt'), '');
  await writeSums(cut);
  test.match(await problems(cut), [/^report\.txt: line 1 is "", recomputed "small/]);
});

t.test('where the kernel is at hand, splats are symbolised again', async (test) => {
  const dir = copy();
  edit(dir, 'trials/anon-weakened-1/splats.json', 'mm/swapfile.c:7', 'mm/swapfile.c:8');
  await writeSums(dir);
  const asked: string[] = [];
  const symbolize: AuditTools['symbolize'] = async (kernelId, splats) => {
    asked.push(kernelId);
    return located(splats);
  };
  test.match(await problems(dir, { ...tools, symbolize }), [/splats\.json: 0\.frames\.0\.inlined\.0\.location is "mm\/swapfile\.c:8", recomputed "mm\/swapfile\.c:7"/]);
  test.equal(asked[0], '0011223344556677');
  test.same(await problems(sound, { ...tools, symbolize }), []);
  test.same(await problems(sound, { ...tools, symbolize: async () => null }), [], 'and where it is not, as stored');
});

t.test('a trial whose splats all vanish, and one that gains some', async (test) => {
  const dir = copy();
  writeFileSync(join(dir, 'trials/anon-weakened-0/splats.json'), '[]\n');
  await writeSums(dir);
  test.match(await problems(dir), [/anon-weakened-0\/splats\.json: 0 is absent/]);
});

t.test('an unreadable trial does not end the audit', async (test) => {
  const dir = copy();
  writeFileSync(join(dir, 'trials/anon-stock-0/evidence.json'), '{}');
  rmSync(join(dir, 'trials/anon-weakened-0/console.log'));
  await writeSums(dir);
  const found = await problems(dir);
  test.ok(found.some((problem) => /^trials\/anon-stock-0: Cannot read .*evidence\.json/.test(problem)));
  test.ok(found.some((problem) => /^trials\/anon-weakened-0: ENOENT.*console\.log/.test(problem)));
  test.ok(found.some((problem) => problem.startsWith('verdict.json: ')));
});

t.test('a fault of the tools is thrown, not filed', async (test) => {
  const broken: AuditTools = { ...tools, judgeTrial: () => { throw new TypeError('bug'); } };
  await test.rejects(audit(sound, broken), TypeError);
});

t.test('trials are judged in any order', async (test) => {
  const reversed: AuditTools = { ...tools, judgeRun: (ours, trials: readonly JudgedTrial[], troubles) => judgeRun(ours, [...trials].reverse(), troubles) };
  test.same(await problems(sound, reversed), []);
  test.equal(plan.probes.length, 1);
});

t.test('a console that ends midway makes its trial inconclusive, also in the audit', async (test) => {
  const [first, , , stock] = FAKE_TRIALS;
  if (first === undefined || stock === undefined) throw new Error('no trials');
  const dir = await makeRun(test.testdir({}), [
    { ...stock, console: 'booting' },
    { ...stock, index: 1, console: 'SPLAT ext4_readdir …\n' },
    { ...first, workload: '' },
  ]);
  test.same(await problems(dir), []);
  const verdict = (id: string) => JSON.parse(readFileSync(join(dir, 'trials', id, 'verdict.json'), 'utf8'));
  const evidence = (id: string) => JSON.parse(readFileSync(join(dir, 'trials', id, 'evidence.json'), 'utf8'));
  test.match(verdict('anon-stock-0'), { cause: 'truncated' });
  test.match(evidence('anon-stock-0'), { consoleTruncated: true, consoleBytes: 7 });
  test.match(verdict('anon-stock-1'), { cause: 'damaged-splat' });
  test.match(evidence('anon-stock-1'), { consoleTruncated: true });
  test.match(evidence('anon-weakened-0'), { consoleTruncated: false, exposure: null, unreportedExposure: 5 });
});
