// SPDX-License-Identifier: GPL-2.0-only
// Writes docs/run.schema.json from the shape in harness/report/json.ts: npm run schema
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runJsonSchema } from '../harness/report/json.ts';

const file = join(import.meta.dirname, '../docs/run.schema.json');
await writeFile(file, `${JSON.stringify(runJsonSchema(), null, 2)}\n`);
process.stdout.write(`${file}\n`);
