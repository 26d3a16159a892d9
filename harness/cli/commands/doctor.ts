// SPDX-License-Identifier: GPL-2.0-only
import { EXIT } from '../../model/errors.ts';
import { examine, type Check } from '../../host/doctor.ts';
import { toJson, type CommandContext } from '../context.ts';

export async function doctorCommand(context: CommandContext, flags: { readonly json?: boolean }): Promise<void> {
  const checks = await examine(context.workspace.cacheDir, context.signal);
  context.print(flags.json === true ? toJson(checks) : checks.map(line).join('\n'));
  if (checks.some((check) => !check.ok)) context.setStatus(EXIT.hostFault);
}

function line({ name, ok, found, fix }: Check): string {
  const state = ok ? 'ok     ' : 'MISSING';
  return `${state} ${name.padEnd(20)} ${found}${fix === '' ? '' : `\n        Try: ${fix}`}`;
}
