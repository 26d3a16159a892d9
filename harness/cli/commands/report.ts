// SPDX-License-Identifier: GPL-2.0-only
import { UsageError } from '../../model/errors.ts';
import { findRun } from '../../pipeline/run-folder.ts';
import { readStoredRun } from '../../pipeline/stored-run.ts';
import { FORMATS, type Format } from '../../report/formats.ts';
import { FORMATS as SHOWN_FORMATS } from '../../report/sections/formats.ts';
import { reportText as shownText } from '../../report/sections/text.ts';
import { reportText } from '../../report/text.ts';
import { schemaOf } from '../../results/reader.ts';
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
  if ((await schemaOf(dir)) !== 1) return reportShown(context, dir, flags);
  const stored = await readStoredRun(dir);
  const format = formatOf(flags);
  const options = flags.testedBy === undefined ? {} : { testedBy: person(flags.testedBy) };
  if (flags.output !== undefined) return writeOutput(flags.output, await FORMATS[format](stored, options));
  context.print(
    format === 'text' ? reportText(stored.run, { paint: context.paint }) : await FORMATS[format](stored, options),
  );
  context.setStatus(stored.run.verdict.status);
}

async function reportShown(context: CommandContext, dir: string, flags: ReportFlags): Promise<void> {
  const reported = await readReported(dir);
  const { run } = reported;
  const format = formatOf(flags);
  const options = flags.testedBy === undefined ? {} : { testedBy: person(flags.testedBy) };
  if (flags.output !== undefined) return writeOutput(flags.output, await SHOWN_FORMATS[format](reported, options));
  const text =
    format === 'text' ? shownText(run, { paint: context.paint }) : await SHOWN_FORMATS[format](reported, options);
  context.print(text);
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
