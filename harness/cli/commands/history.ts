// SPDX-License-Identifier: GPL-2.0-only
import { dirname, join, relative, resolve } from 'node:path';
import { readHistory } from '../../run/history.ts';
import { historyText } from '../../report/history-text.ts';
import { historyHtml } from '../../report/html/history.ts';
import { toJson, type CommandContext } from '../context.ts';
import { writeOutput } from '../output.ts';

export interface HistoryFlags {
  readonly html?: string;
  readonly rebuild?: boolean;
  readonly results?: string;
  readonly json?: boolean;
}

/** Brings the history up to date and prints it; a run that could not be read is reported on standard error. */
export async function historyCommand(context: CommandContext, flags: HistoryFlags): Promise<void> {
  const resultsDir = flags.results === undefined ? context.workspace.resultsDir : resolve(flags.results);
  const { runs, series, unreadable } = await readHistory(resultsDir, {
    rebuild: flags.rebuild ?? false,
  });
  for (const message of unreadable) context.emit({ kind: 'note', message });
  if (flags.html !== undefined) {
    const file = resolve(flags.html);
    const linkOf = (run: string) => encodeURI(relative(dirname(file), join(resultsDir, run, 'report.txt')));
    return writeOutput(file, historyHtml({ runs, series, linkOf, notes: unreadable }));
  }
  context.print(flags.json === true ? toJson({ runs, series }) : historyText(runs, series));
}
