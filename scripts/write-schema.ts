// SPDX-License-Identifier: GPL-2.0-only
// Writes docs/run.schema.json from the shape in harness/report/run-schema.ts: npm run schema
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runJsonSchema } from '../harness/report/run-schema.ts';

const file = join(import.meta.dirname, '../docs/run.schema.json');
await writeFile(file, `${JSON.stringify(runJsonSchema(), null, 2)}\n`);
process.stdout.write(`${file}\n`);
