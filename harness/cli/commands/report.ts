import { resolveRun } from '../../pipeline/stored-run.ts';
import { readRun } from '../../store/read.ts';
import { reportJson } from '../../report/json.ts';
import { reportText } from '../../report/text.ts';
import { toJson, type CommandContext } from '../context.ts';

export async function reportCommand(context: CommandContext, name: string, flags: { readonly json?: boolean }): Promise<void> {
  const result = await readRun(await resolveRun(name, context.workspace));
  context.print(flags.json === true ? toJson(reportJson(result)) : reportText(result));
  context.setStatus(result.verdict.status);
}
