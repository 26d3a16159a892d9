// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { audit } from '../../store/audit.ts';
import { writeSums } from '../../results/sums.ts';
import { makeRun, tools } from './fixtures/make-run.ts';

/** Edits with sums made to fit again: only recomputing can tell. */
const FORGERIES: readonly [string, string, string, RegExp][] = [
  ['trials/anon-stock-0/workload.jsonl', '5000', '4000', /evidence\.json: exposure\.swapoffs is 5010, recomputed 4010/],
  [
    'trials/anon-stock-0/workload.jsonl',
    'end\n',
    '',
    /trial\.json: end\.kind is "completed", but workload\.jsonl holds no end marker/,
  ],
  ['trials/anon-stock-0/evidence.json', '5010', '9010', /evidence\.json: exposure\.swapoffs is 9010, recomputed 5010/],
  ['trials/anon-stock-0/console.log', 'booting', 'SPLAT __swap_duplicate', /splats\.json: 0 is absent, recomputed/],
  ['trials/anon-weakened-1/console.log', '__swap_duplicate', 'ext4_readdir', /splats\.json: 0\.title is/],
  ['trials/anon-weakened-1/splats.json', '"__swap_duplicate"', '"__swap_triplicate"', /splats\.json: 0\.guilty is/],
  ['trials/anon-weakened-1/verdict.json', 'target', 'hang', /verdict\.json: /],
  [
    'trials/anon-weakened-1/trial.json',
    '"buildId": "a1b2c3d4"',
    '"buildId": "a1b2c3d5"',
    /trial\.json: spec\.buildId is "a1b2c3d5", recomputed "a1b2c3d4"/,
  ],
  [
    'trials/anon-weakened-1/trial.json',
    '"seconds": 60',
    '"seconds": 61',
    /trial\.json: spec\.seconds is 61, recomputed 60/,
  ],
  ['trials/anon-weakened-1/trial.json', '"threads": 3', '"threads": 4', /spec\.threads is 4/],
  [
    'trials/anon-weakened-1/trial.json',
    '"anon-weakened-1"',
    '"anon-weakened-7"',
    /spec\.id is anon-weakened-7, its folder anon-weakened-1/,
  ],
  ['trials/anon-weakened-1/trial.json', '"variant": "weakened"', '"variant": "v9"', /the run has no v9 under anon/],
  [
    'trials/anon-weakened-1/trial.json',
    '"accelerator": "tcg"',
    '"accelerator": "kvm"',
    /meta\.accelerator is "kvm", recomputed "tcg"/,
  ],
  ['trials/anon-weakened-1/trial.json', '"bootMs": 2000', '"bootMs":  2000', /trial\.json: is not in the form/],
  ['trials/anon-weakened-1/argv.json', '  "-M"', '"-M"', /argv\.json: is not in the form/],
  [
    'run.json',
    '"alpha": 0.05',
    '"alpha": 0.5',
    /verdict\.json: variants\.1\.comparison\.needed is 2|verdict\.json: variants\.1\.comparison/,
  ],
  ['run.json', '"seed": 1', '"seed": 2', /trial\.json: spec\.seed is/],
  ['run.json', '"schema": 1', '"schema": 2', /run\.json: Cannot read/],
  ['verdict.json', '"status": 0', '"status": 1', /verdict\.json: status is 1, recomputed 0/],
  ['verdict.json', '"events": 3', '"events": 4', /verdict\.json: variants\.0\.rate\.events is 4, recomputed 3/],
  [
    'report.txt',
    'exit status 0',
    'exit status 1',
    /report\.txt: line \d+ is "exit status 1.*recomputed "exit status 0/,
  ],
];

t.test('edits that the sums were made to fit are found by recomputing', async (test) => {
  const dir = await makeRun(test.testdir({}));
  for (const [file, from, to, wanted] of FORGERIES) {
    const path = join(dir, file);
    const text = readFileSync(path, 'utf8');
    test.ok(text.includes(from), `${file} has ${from}`);
    writeFileSync(path, text.replace(from, to));
    await writeSums(dir);
    const found = (await audit(dir, tools)).problems.map((problem) => `${problem.file}: ${problem.what}`);
    writeFileSync(path, text);
    test.ok(
      found.some((problem) => wanted.test(problem)),
      `${file}: ${from} → ${to}: ${found.join(' | ')}`,
    );
  }
});
