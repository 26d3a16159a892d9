import { EXIT } from '../../model/errors.ts';
import { auditRun } from '../../pipeline/audit.ts';
import { resolveRun } from '../../pipeline/stored-run.ts';
import { toJson, type CommandContext } from '../context.ts';

export async function auditCommand(context: CommandContext, name: string, flags: { readonly json?: boolean }): Promise<void> {
  const dir = await resolveRun(name, context.workspace);
  const result = await auditRun(dir, context.workspace.cacheDir, context.signal);
  const summary = `${result.trials} trials, ${result.files} files`;
  const lines = result.problems.map(({ file, what }) => `${file}: ${what}`);
  const text = lines.length === 0 ? `${dir}: everything follows from the raw files (${summary})` : lines.join('\n');
  context.print(flags.json === true ? toJson(result) : text);
  if (lines.length > 0) context.setStatus(EXIT.missed);
}
