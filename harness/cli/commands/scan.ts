// SPDX-License-Identifier: GPL-2.0-only
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { scanLog } from '../../evidence/scanner.ts';
import { addr2lineSymbolizer } from '../../evidence/symbolize.ts';
import { UsageError } from '../../model/errors.ts';
import type { Splat } from '../../model/splat.ts';
import { traceLines } from '../../report/trace.ts';
import { toJson, type CommandContext } from '../context.ts';

export interface ScanFlags {
  readonly json?: boolean;
  readonly vmlinux?: string;
}

/** Whatever a log holds, scanning it succeeds: what was found is the output, not the exit status. */
export async function scanCommand(context: CommandContext, log: string, flags: ScanFlags): Promise<void> {
  const found = scanLog(await readLog(log));
  const splats =
    flags.vmlinux === undefined ? found : await addr2lineSymbolizer(flags.vmlinux).symbolize(found, context.signal);
  context.print(flags.json === true ? toJson(splats) : describe(splats));
}

async function readLog(log: string): Promise<Buffer> {
  try {
    return await buffer(log === '-' ? process.stdin : createReadStream(log));
  } catch (cause) {
    throw new UsageError('LOG_UNREADABLE', `Cannot read the log ${log}: ${(cause as Error).message}`, { cause });
  }
}

function describe(splats: readonly Splat[]): string {
  if (splats.length === 0) return 'no splats';
  return splats.map((splat) => describeSplat(splat).join('\n')).join('\n\n');
}

function describeSplat(splat: Splat): string[] {
  const where = `lines ${splat.startLine + 1} to ${splat.endLine}`;
  const damage = splat.damaged.length === 0 ? '' : `; damaged: ${splat.damaged.join(', ')}`;
  return [splat.title, `  ${splat.type}, ${where}${damage}`, ...traceLines(splat)];
}
