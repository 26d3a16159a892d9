// SPDX-License-Identifier: GPL-2.0-only
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsPlugin from 'ajv-formats';
import t from 'tap';
import { reportKcidb } from '../../report/kcidb.ts';
import { KCIDB_RULES } from './fixtures/kcidb-rules.ts';
import { oops, RUNS } from './fixtures/runs.ts';

const addFormats = formatsPlugin as unknown as (ajv: Ajv2020) => Ajv2020;
const validate = addFormats(new Ajv2020({ allErrors: true })).compile(KCIDB_RULES);

interface Thing {
  readonly id: string;
  readonly status: string;
  readonly path: string;
  readonly number?: { readonly value: number };
  readonly [key: string]: unknown;
}
type Report = Readonly<Record<'checkouts' | 'builds' | 'tests' | 'issues' | 'incidents', readonly Thing[]>>;

function report(kind: string): Report {
  return JSON.parse(reportKcidb(RUNS[kind]!.stored.run)) as Report;
}

for (const kind of Object.keys(RUNS)) {
  t.test(`a run that is ${kind}`, async (test) => {
    const found = report(kind);
    validate(found);
    test.same(validate.errors, null);
    for (const [name, things] of Object.entries(found)) {
      if (Array.isArray(things))
        test.equal(new Set(things.map(({ id }) => id)).size, things.length, `${name} have ids of their own`);
    }
    const has = (things: readonly Thing[], id: unknown) => things.some((thing) => thing.id === id);
    for (const build of found.builds) test.ok(has(found.checkouts, build['checkout_id']));
    for (const each of found.tests) test.ok(has(found.builds, each['build_id']), 'a test names a build that is there');
    for (const incident of found.incidents) {
      test.ok(has(found.issues, incident['issue_id']));
      test.ok(has(found.tests, incident['test_id']));
    }
    for (const { status, number } of found.tests)
      test.notOk(status === 'MISS' && number !== undefined, 'what never ran measured nothing');
  });
}

const statusOf = (kind: string, id: string) => report(kind).tests.find((each) => each.id.endsWith(id))?.status;

t.test('statuses as they mean', async (test) => {
  test.equal(statusOf('reproduced', 'step-anon-stock-0'), 'FAIL');
  test.equal(statusOf('reproduced', 'step-anon-stock-1'), 'DONE', 'a quiet step measured exposure; it judges nothing');
  test.equal(statusOf('reproduced', 'verdict-anon-stock'), 'FAIL');
  test.equal(statusOf('not reproduced', 'verdict-anon-stock'), 'PASS');
  test.equal(statusOf('not reproduced', 'rate-anon-stock'), 'DONE');
  test.equal(statusOf('hang', 'step-anon-stock-1'), 'FAIL');
  test.equal(statusOf('other-bug', 'step-anon-stock-0'), 'FAIL');
  test.equal(statusOf('inconclusive', 'step-anon-stock-0'), 'ERROR');
  test.equal(statusOf('inconclusive', 'verdict-anon-stock'), 'ERROR');
  test.equal(statusOf('host troubles', 'step-anon-stock-0'), 'MISS');
  test.equal(statusOf('host troubles', 'verdict-anon-stock'), 'MISS');
  test.match(
    report('build failure').builds.find(({ id }) => id.endsWith('-stock')),
    { status: 'FAIL', log_excerpt: /swapfile/ },
  );
});

t.test('measurements', async (test) => {
  const { tests } = report('not reproduced');
  test.same(tests.find(({ id }) => id.endsWith('rate-anon-weakened'))?.number, {
    value: 3 / 1500,
    unit: 'crashes per exposed swapoff',
  });
  test.same(tests.find(({ id }) => id.endsWith('step-anon-stock-0'))?.number, {
    value: 50_000,
    unit: 'exposed swapoffs',
  });
  test.same(report('empty').tests, [], 'no kernel, no test');
});

t.test('the same bug is the same issue in every run, and hangs are issues too', async (test) => {
  const [first] = report('not reproduced').issues;
  test.ok(report('reproduced').issues.some(({ id }) => id === first?.id));
  test.equal(report('not reproduced').incidents.length, 3);
  test.match(
    report('hang').issues.map((issue) => issue['report_subject']),
    ['no progress in swap-in', oops.title],
  );
});

t.test('the rules of these tests can refuse', async (test) => {
  const fine = report('not reproduced');
  for (const broken of [
    { ...fine, version: { major: 4 } },
    { ...fine, extra: [] },
    { ...fine, builds: [{ ...fine.builds[0], status: 'OK' }] },
    { ...fine, tests: [{ ...fine.tests[0], path: 'a b' }] },
    { ...fine, tests: [{ ...fine.tests[0], log_excerpt: 'a\0b' }] },
    { ...fine, issues: [{ ...fine.issues[0], id: 'no-origin' }] },
  ])
    test.equal(validate(broken), false);
});
