// SPDX-License-Identifier: GPL-2.0-only
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { JudgedTrial } from '../../model/verdict.ts';
import { audit } from '../../store/audit.ts';
import type { AuditTools } from '../../store/audit-model.ts';
import { listFiles, writeSums } from '../../results/sums.ts';
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
  // Of the trials that are alike, one.
  for (const file of files.filter((each) => !/weakened-[12]/.test(each))) {
    const path = join(dir, file);
    const bytes = readFileSync(path);
    const spoilt = Buffer.from(bytes);
    const middle = Math.floor(bytes.length / 2);
    spoilt[middle] = (spoilt[middle] ?? 0) ^ 1;
    for (const content of [spoilt, Buffer.concat([bytes, Buffer.from('\n')])]) {
      writeFileSync(path, content);
      const found = await problems(dir);
      // A sum that no longer fits is the sum of some file; both are named.
      test.ok(
        found.some((problem) => problem.includes(file)),
        `${file}: ${found.join(' | ')}`,
      );
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
    /^link: is neither a file nor a folder$/,
    /^trials\/\.anon-stock-1\.partial: is an empty folder$/,
    /^trials\/anon-stock-0\/argv\.json: is missing \(SHA256SUMS lists it\)$/,
    /^trials\/anon-stock-0\/notes\.txt: is not in SHA256SUMS$/,
  ]) {
    test.ok(
      found.some((problem) => wanted.test(problem)),
      `${wanted}: ${found.join(' | ')}`,
    );
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
  test.match(await problems(dir, { ...tools, symbolize }), [
    /splats\.json: 0\.frames\.0\.inlined\.0\.location is "mm\/swapfile\.c:8", recomputed "mm\/swapfile\.c:7"/,
  ]);
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
  const broken: AuditTools = {
    ...tools,
    judgeTrial: () => {
      throw new TypeError('bug');
    },
  };
  await test.rejects(audit(sound, broken), TypeError);
});

t.test('trials are judged in any order', async (test) => {
  const reversed: AuditTools = {
    ...tools,
    judgeRun: (ours, trials: readonly JudgedTrial[], troubles) => judgeRun(ours, [...trials].reverse(), troubles),
  };
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
