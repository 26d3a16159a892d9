// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsPlugin from 'ajv-formats';
import t from 'tap';
import { reportJson, runJsonSchema } from '../../report/json.ts';
import { RUNS } from './fixtures/runs.ts';

const published = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../docs/run.schema.json'), 'utf8'),
) as Record<string, unknown>;
const addFormats = formatsPlugin as unknown as (ajv: Ajv2020) => Ajv2020;
const validate = addFormats(new Ajv2020({ allErrors: true })).compile(published);

t.test('the published schema is the one in the code', async (test) => {
  test.same(published, JSON.parse(JSON.stringify(runJsonSchema())), 'npm run schema writes it');
});

for (const [kind, { stored }] of Object.entries(RUNS)) {
  t.test(`a run that is ${kind}`, async (test) => {
    const json: unknown = JSON.parse(JSON.stringify(reportJson(stored.run)));
    validate(json);
    test.same(validate.errors, null);
  });
}

t.test('the schema can refuse', async (test) => {
  const json = reportJson(RUNS['not reproduced']!.stored.run);
  for (const broken of [
    { ...json, status: 2 },
    { ...json, schemaVersion: 1 },
    { ...json, probes: [{}] },
    { ...json, probes: [{ ...json.probes[0], steps: [{ id: 'x', outcome: 'fine' }] }] },
    {},
  ]) {
    test.equal(validate(JSON.parse(JSON.stringify(broken))), false);
  }
});
