// SPDX-License-Identifier: GPL-2.0-only
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import Database from 'libsql';
import t from 'tap';
import { PROBES } from '../../probe/table.ts';
import { HISTORY_FILE, syncHistory } from '../../results/history.ts';
import { nightId, template, writeNights, type Night } from './fixtures/many-runs.ts';

const base = await template(t.testdir({}));
const nights: Night[] = Array.from({ length: 12 }, (_, index) => ({ crashes: index % 3, exposure: 100 + index }));

/** A writer in a process of its own. */
function writer(...args: readonly string[]) {
  return execa('node', ['--import', 'tsx', join(import.meta.dirname, 'fixtures/history-writer.ts'), ...args], {
    reject: false,
  });
}

/** Every row of every table. */
function dump(results: string): unknown {
  const db = new Database(join(results, HISTORY_FILE));
  try {
    return ['runs', 'variants', 'signatures', 'figures'].map((table) => db.prepare(`SELECT * FROM ${table}`).all());
  } finally {
    db.close();
  }
}

const sync = (dir: string, { rebuild = false } = {}) => syncHistory(dir, { rebuild, kinds: PROBES });

t.test('it says what the results say', async (test) => {
  const results = test.testdir({});
  writeNights(results, base, nights);
  const { runs, unreadable, read } = await sync(results);
  test.same([runs.length, unreadable, read], [12, [], 12]);
  test.match(runs[4], {
    run: nightId(4),
    startedAt: '2024-01-05T00:00:00.000Z',
    plan: 'small',
    status: 0,
    variants: [
      {
        probe: 'anon',
        variant: 'weakened',
        outcome: 'target',
        kernelId: '0011223344556677',
        trials: 4,
        exposure: 104,
        signatures: [{ title: 'BUG: the one', count: 1, target: true }],
      },
      { variant: 'stock', signatures: [] },
    ],
  });
  test.same(
    runs.map(({ run }) => run),
    runs.map(({ run }) => run).sort(),
    'oldest first',
  );
});

t.test('only what changed is read again; what is gone is forgotten; what is unfinished is not there', async (test) => {
  const results = test.testdir({});
  writeNights(results, base, nights);
  await sync(results);
  test.equal((await sync(results)).read, 0);
  mkdirSync(join(results, 'of-another-command'));
  writeFileSync(join(results, 'of-another-command', 'SHA256SUMS'), '');
  writeNights(results, base, [{ crashes: 7, exposure: 70 }], 12);
  rmSync(join(results, nightId(0)), { recursive: true });
  rmSync(join(results, nightId(1), 'SHA256SUMS'));
  appendFileSync(join(results, nightId(2), 'SHA256SUMS'), `${'0'.repeat(64)}  notes.txt\n`);
  const { runs, read } = await sync(results);
  test.equal(read, 2, 'the new one and the one whose sums changed');
  test.same(
    runs.map(({ run }) => run),
    Array.from({ length: 11 }, (_, index) => nightId(index + 2)),
  );
  test.equal((await sync(results, { rebuild: true })).read, 11);
});

t.test('a run that cannot be read is reported, and does not hide the others', async (test) => {
  const results = test.testdir({});
  writeNights(results, base, nights);
  writeFileSync(join(results, nightId(3), 'verdict.json'), '{"status": 7}');
  const { runs, unreadable } = await sync(results);
  test.equal(runs.length, 11);
  test.match(unreadable, [new RegExp(`Cannot read .*${nightId(3)}/verdict\\.json`)]);
  test.equal((await sync(results)).unreadable.length, 1, 'it is reported again');
});

t.test('deleted, damaged or of another version: made again, the same', async (test) => {
  const results = test.testdir({});
  const file = join(results, HISTORY_FILE);
  writeNights(results, base, nights);
  await sync(results);
  const before = dump(results);
  rmSync(file);
  await sync(results);
  test.same(dump(results), before, 'deleted');
  writeFileSync(file, 'this is no database'.repeat(500));
  await sync(results);
  test.same(dump(results), before, 'no database');
  const bytes = readFileSync(file);
  bytes.fill(0xff, 4096, Math.min(bytes.length, 12_288));
  writeFileSync(file, bytes);
  await sync(results);
  test.same(dump(results), before, 'pages overwritten');
  const db = new Database(file);
  db.exec('PRAGMA user_version = 99; DROP TABLE variants; DROP TABLE figures');
  db.close();
  await sync(results);
  test.same(dump(results), before, 'another version');
  await sync(results, { rebuild: true });
  test.same(dump(results), before, 'rebuilt');
});

t.test('a writer that is killed in the middle leaves what was there before', async (test) => {
  const results = test.testdir({});
  const file = join(results, HISTORY_FILE);
  writeNights(results, base, nights);
  await sync(results);
  const before = dump(results);
  const size = statSync(file).size;
  const { signal } = await writer('die', file);
  test.equal(signal, 'SIGKILL');
  test.ok(existsSync(`${file}-journal`), 'it had begun to write');
  test.ok(statSync(file).size > size);
  test.equal((await sync(results)).read, 0, 'nothing was lost');
  test.same(dump(results), before, 'and nothing is left of it');
});

t.test('writers at once', async (test) => {
  const results = test.testdir({});
  writeNights(results, base, nights);
  const ended = await Promise.all([writer('sync', results), writer('sync', results), writer('sync', results)]);
  test.same(
    ended.map(({ exitCode, stdout, stderr }) => [exitCode, stdout, stderr]),
    ended.map(() => [0, '12', '']),
  );
  const together = dump(results);
  rmSync(join(results, HISTORY_FILE));
  await sync(results);
  test.same(dump(results), together);
});

t.test('a place that cannot be written', async (test) => {
  await test.rejects(sync(join(test.testdir({}), 'none')), {
    code: 'HISTORY_UNUSABLE',
    message: /Cannot use the history/,
  });
});
