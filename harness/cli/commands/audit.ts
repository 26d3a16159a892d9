// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../../model/errors.ts';
import { findRun } from '../../run/run-folder.ts';
import { several } from '../../report/wording.ts';
import type { AuditProblem } from '../../results/audit.ts';
import { auditRun } from '../../run/stored.ts';
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
  const result = await auditRun(dir, workspace, signal);
  return { result, summary: `${several(result.steps, 'step')}, ${several(result.files, 'file')}` };
}
