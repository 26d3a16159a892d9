// SPDX-License-Identifier: GPL-2.0-only
import { once } from 'node:events';
import { resolve } from 'node:path';
import { readHistory } from '../../run/history.ts';
import { serve } from '../../serve/server.ts';
import type { CommandContext } from '../context.ts';
import { wholeNumber } from '../flags.ts';

export interface ServeFlags {
  readonly port?: string;
  readonly results?: string;
}

/** Serves until the person has had enough. */
export async function serveCommand(context: CommandContext, flags: ServeFlags): Promise<void> {
  const resultsDir = flags.results === undefined ? context.workspace.resultsDir : resolve(flags.results);
  // Whatever is wrong with the folder is better said now than on every page.
  await readHistory(resultsDir, { rebuild: false });
  await using server = await serve({
    resultsDir,
    port: flags.port === undefined ? 0 : wholeNumber('--port', flags.port),
  });
  context.print(server.url);
  if (!context.signal.aborted) await once(context.signal, 'abort');
}
