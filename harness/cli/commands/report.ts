// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../../model/errors.ts';
import { findRun } from '../../run/run-folder.ts';
import { FORMATS, type Format } from '../../report/formats.ts';
import { reportText } from '../../report/text.ts';
import { readReported } from '../../run/stored.ts';
import type { CommandContext } from '../context.ts';
import { writeOutput } from '../output.ts';

export interface ReportFlags {
  readonly format: Format;
  readonly json?: boolean;
  readonly mail?: boolean;
  readonly testedBy?: string;
  readonly output?: string;
}

/**
 * Writes a stored run in the form that is asked for. A report that goes to a file leaves the status to the command
 * itself.
 */
export async function reportCommand(context: CommandContext, name: string, flags: ReportFlags): Promise<void> {
  const { dir } = await findRun(name, context.workspace);
  const reported = await readReported(dir);
  const { run } = reported;
  const format = formatOf(flags);
  const options = flags.testedBy === undefined ? {} : { testedBy: person(flags.testedBy) };
  if (flags.output !== undefined) return writeOutput(flags.output, await FORMATS[format](reported, options));
  context.print(
    format === 'text' ? reportText(run, { paint: context.paint }) : await FORMATS[format](reported, options),
  );
  context.setStatus(run.verdict.status);
}

function formatOf({ format, json, mail }: ReportFlags): Format {
  return json === true ? 'json' : mail === true ? 'mail' : format;
}

/** @throws UsageError for anything but `Name <address>`. */
function person(text: string): string {
  if (/^[^<>\n]+ <[^<>@\s]+@[^<>@\s]+>$/.test(text)) return text;
  throw new UsageError('NOT_A_PERSON', `--tested-by ${text}: not a name with an address`, {
    hint: '--tested-by "Name <name@example.org>"',
  });
}
