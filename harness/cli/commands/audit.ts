// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../../model/errors.ts';
import { auditRun } from '../../pipeline/audit.ts';
import { findRun } from '../../pipeline/run-folder.ts';
import { several } from '../../report/wording.ts';
import { schemaOf } from '../../results/reader.ts';
import { auditRun as auditShown } from '../../run/stored.ts';
import type { AuditProblem } from '../../store/audit-model.ts';
import { toJson, type CommandContext } from '../context.ts';

export async function auditCommand(
  context: CommandContext,
  name: string,
  flags: { readonly json?: boolean },
): Promise<void> {
  const { dir } = await findRun(name, context.workspace);
  const { result, summary } = await auditOf(dir, context);
  const lines = result.problems.map(({ file, what }) => `${file}: ${what}`);
  const text = lines.length === 0 ? `${dir}: everything follows from the raw files (${summary})` : lines.join('\n');
  context.print(flags.json === true ? toJson(result) : text);
  if (lines.length > 0) context.setStatus(EXIT.missed);
}

interface Audited {
  readonly result: { readonly problems: readonly AuditProblem[] };
  readonly summary: string;
}

async function auditOf(dir: string, { workspace, signal }: CommandContext): Promise<Audited> {
  if ((await schemaOf(dir)) !== 1) {
    const result = await auditShown(dir, workspace.cacheDir, signal);
    return { result, summary: `${several(result.steps, 'step')}, ${several(result.files, 'file')}` };
  }
  const result = await auditRun(dir, workspace.cacheDir, signal);
  return { result, summary: `${result.trials} trials, ${result.files} files` };
}
