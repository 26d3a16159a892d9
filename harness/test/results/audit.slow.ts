// SPDX-License-Identifier: GPL-2.0-only
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { workspace } from '../../host/workspace.ts';
import { PROBES } from '../../probe/table.ts';
import { reportText } from '../../report/text.ts';
import { audit, type AuditTools } from '../../results/audit.ts';
import { readManifest } from '../../results/manifest.ts';
import { listFiles, writeSums } from '../../results/sums.ts';
import { planAgain } from '../../run/stored.ts';
import { makeRun, symbols } from './fixtures/make-run.ts';

t.setTimeout(180_000);

const { root } = workspace();
const tools: AuditTools = {
  ...{ kinds: PROBES, reportText, symbolsOf: async () => null },
  planOf: (header) => planAgain(header, root),
};
const base = t.testdir({});
const sound = await makeRun(join(base, 'results'));
const steps = await readManifest(sound);
const folderOf = (variant: string, index: number): string =>
  `steps/${steps.find(({ step }) => step.variant === variant && step.index === index)?.hash}`;
const CRASHED = folderOf('weakened', 1);
const CLEAN = folderOf('stock', 0);
let copies = 0;

/** A copy of the sound run, to be spoilt. */
function copy(): string {
  const dir = join(base, `copy-${copies++}`, basename(sound));
  cpSync(sound, dir, { recursive: true });
  return dir;
}

async function problems(dir: string, with_: AuditTools = tools): Promise<string[]> {
  return (await audit(dir, with_)).problems.map(({ file, what }) => `${file}: ${what}`);
}

t.test('a sound run has no problems', async (test) => {
  test.same(await audit(sound, tools), { files: 5 + 5 * 5, steps: 5, problems: [] });
});

t.test('one flipped bit anywhere is found, and its file named', async (test) => {
  const { files } = await listFiles(sound);
  const dir = copy();
  for (const file of files.filter((each) => !each.startsWith('steps/') || each.startsWith(CRASHED))) {
    const path = join(dir, file);
    const bytes = readFileSync(path);
    const spoilt = Buffer.from(bytes);
    const middle = Math.floor(bytes.length / 2);
    spoilt[middle] = (spoilt[middle] ?? 0) ^ 1;
    writeFileSync(path, spoilt);
    const found = await problems(dir);
    test.ok(
      found.some((problem) => problem.includes(file)),
      `${file}: ${found.join(' | ')}`,
    );
    writeFileSync(path, bytes);
  }
  test.same(await problems(dir), []);
});

t.test('missing and extra files', async (test) => {
  const dir = copy();
  rmSync(join(dir, CLEAN, 'workload.jsonl'));
  writeFileSync(join(dir, CLEAN, 'notes.txt'), 'mine');
  mkdirSync(join(dir, 'steps/.none.partial'));
  symlinkSync('/dev/null', join(dir, 'link'));
  const found = (await problems(dir)).join('\n');
  for (const wanted of [
    /^link: is neither a file nor a folder$/m,
    /^steps\/\.none\.partial: is an empty folder$/m,
    /workload\.jsonl: is missing \(SHA256SUMS lists it\)$/m,
    /notes\.txt: is not in SHA256SUMS$/m,
  ])
    test.match(found, wanted);
});

t.test('a run that was not finished, and sums that nobody wrote', async (test) => {
  const dir = copy();
  for (const file of ['SHA256SUMS', 'verdict.json', 'report.txt']) rmSync(join(dir, file));
  const found = await problems(dir);
  test.match(found, [/^SHA256SUMS: is missing: the run was not finished/, /^verdict\.json: /, /^report\.txt: /]);
  const other = copy();
  appendFileSync(join(other, 'SHA256SUMS'), 'x\n');
  test.match(await problems(other), [/^SHA256SUMS: is not a list of sums/]);
});

/** Edits with sums made to fit again: only recomputing shows them. */
const FORGERIES: readonly [string, string, string, RegExp][] = [
  [`${CLEAN}/workload.jsonl`, '"contenders":50010', '"contenders":40010', /contenders is 50010, recomputed 40010/],
  [`${CLEAN}/workload.jsonl`, '"joined":true', '"joined":false', /finding\.json: ended is true, recomputed false/],
  [`${CLEAN}/finding.json`, '"contenders": 50010', '"contenders": 90010', /contenders is 90010, recomputed 50010/],
  [`${CLEAN}/console.log`, 'program has ended', 'program has endet', /console\.truncated is false, recomputed true/],
  [`${CRASHED}/console.log`, '__swap_duplicate+', 'ext4_readdir+', /finding\.json: splats\.0\.title is/],
  [`${CRASHED}/finding.json`, '"__swap_duplicate"', '"__swap_triplicate"', /finding\.json: splats\.0\./],
  [`${CRASHED}/step.json`, '"buildId": "a1b2c3d4"', '"buildId": "a1b2c3d5"', /step\.buildId is "a1b2c3d5", recomputed/],
  [`${CRASHED}/step.json`, '"seconds": 60', '"seconds": 61', /step\.args\.seconds is 61, recomputed 60/],
  [`${CRASHED}/step.json`, '"kind": "splat"', '"kind": "completed"', /its detail is not of such an end/],
  [`${CRASHED}/step.json`, '"bootMs": 2000', '"bootMs":  2000', /step\.json: is not in the form/],
  ['run.json', '"alpha": 0.05', '"alpha": 0.5', /verdict\.json: .*variants\.1\.(reason|figures)/],
  ['run.json', '"seed": 1,\n    "alpha"', '"seed": 2,\n    "alpha"', /manifest\.jsonl: line 1 is not the step/],
  ['run.json', '"schema": 2', '"schema": 3', /run\.json: Cannot read/],
  ['verdict.json', '"status": 0', '"status": 1', /verdict\.json: status is 1, recomputed 0/],
  ['verdict.json', '"events": 4', '"events": 5', /verdict\.json: .*events is 5, recomputed 4/],
  ['report.txt', 'exit status 0', 'exit status 1', /line \d+ is "exit status 1.*recomputed "exit status 0/],
];

t.test('edits that the sums were made to fit are found by recomputing', async (test) => {
  const dir = copy();
  for (const [file, from, to, wanted] of FORGERIES) {
    const path = join(dir, file);
    const text = readFileSync(path, 'utf8');
    test.ok(text.includes(from), `${file} has ${from}`);
    writeFileSync(path, text.replace(from, to));
    await writeSums(dir);
    const found = await problems(dir);
    writeFileSync(path, text);
    test.ok(
      found.some((problem) => wanted.test(problem)),
      `${file}: ${from} → ${to}: ${found.join(' | ')}`,
    );
  }
  await writeSums(dir);
  test.same(await problems(dir), []);
});

t.test('where the kernel is at hand, splats are symbolised again', async (test) => {
  const dir = copy();
  for (const file of ['finding.json', 'symbols.json']) {
    const path = join(dir, CRASHED, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('mm/swapfile.c:7', 'mm/swapfile.c:8'));
  }
  await writeSums(dir);
  test.same(await problems(dir), [], 'what was looked up is taken where it is not');
  const found = await problems(dir, { ...tools, symbolsOf: async () => symbols });
  test.match(found.join('\n'), /finding\.json: splats\.0\..*"mm\/swapfile\.c:8", recomputed "mm\/swapfile\.c:7"/);
});

t.test('a run of the older layout is refused by name', async (test) => {
  const dir = copy();
  writeFileSync(join(dir, 'run.json'), '{"schema": 1}');
  test.match((await problems(dir)).join('\n'), /run\.json: .*this run is of an older layout \(schema 1\)/);
});

t.test('a fault of the tools is thrown, not filed', async (test) => {
  const broken: AuditTools = {
    ...tools,
    reportText: () => {
      throw new TypeError('bug');
    },
  };
  await test.rejects(audit(sound, broken), TypeError);
});
