// SPDX-License-Identifier: GPL-2.0-only
import type { Splat } from '../model/splat.ts';
import { namedGroups, sequence } from './pattern.ts';

const WHO_LINE = /^Process (?<comm2>.+?) \(pid: (?<pid3>\d+),/;
const CPU_LINE = sequence(
  /^\s*(?:CPU: (?<cpu>\d+) (?:UID: \d+ )?PID: (?<pid>\d+) Comm: |[Pp]id: (?<pid2>\d+), comm: +)(?<comm>.+?)/,
  /(?: Kdump: loaded)?(?: (?:Not tainted|Tainted:).*|\s+\d+\.\d+\S*.*)?$/,
);
const numberOrNull = (digits: string | undefined) => (digits === undefined ? null : Number(digits));

/** Whom the lines of a splat name; the one that prints may be a watchdog, so what its headline named goes first. */
export function whoIn(
  texts: readonly string[],
  named: Readonly<Record<string, string>>,
): Pick<Splat, 'cpu' | 'pid' | 'comm'> {
  const header = texts.map((text) => CPU_LINE.exec(text) ?? WHO_LINE.exec(text)).find((match) => match !== null);
  const printed = header ? namedGroups(header) : undefined;
  const same = (['pid', 'comm'] as const).every(
    (field) => named[field] === undefined || printed?.[field] === undefined || named[field] === printed[field],
  );
  return {
    cpu: numberOrNull(named['cpu'] ?? (same ? printed?.['cpu'] : undefined)),
    pid: numberOrNull(named['pid'] ?? (same ? printed?.['pid'] : undefined)),
    comm: named['comm'] ?? (same ? printed?.['comm'] : undefined) ?? null,
  };
}
