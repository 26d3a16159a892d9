// SPDX-License-Identifier: GPL-2.0-only
import type { ConsoleLine } from './console.ts';
import { isUserIp, parseFrame, parseIp } from './frames.ts';
import { END_TRACE, isReportBody, RULE } from './report-body.ts';
import { isCallTrace, opensTrace, withoutMarkers } from './traces.ts';

/** What a line is to a splat, whichever splat that may be. */
export type Part =
  | 'blank'
  /** A line of a call trace. */
  | 'frame'
  /** The instruction pointer, readable or not. */
  | 'ip'
  /** `CPU: 1 PID: 98 Comm: …`. */
  | 'cpu'
  /** What only the report of a hung task prints before its trace. */
  | 'task'
  /** `Call Trace:`. */
  | 'call-trace'
  /** The header of another trace in the same splat: history, other CPUs. */
  | 'opener'
  /** `---[ end trace …`. */
  | 'end'
  | 'rule'
  /** Anything else that only stands in splats. */
  | 'body'
  | 'other';

/** A line with its number in the log, and what it is to a splat. */
export interface NumberedLine extends ConsoleLine {
  readonly index: number;
  readonly part: Part;
}

const CPU_HEADER = /^\s*(?:CPU: \d+ (?:UID|PID)|[Pp]id: \d+, comm: )/;
const RAW_IP = /^\s*(?:(?:RIP|EIP|epc|ERA|NIP|TPC)\s*:|NIP \[|PC is at |pc : |Krnl PSW : )/;
const HUNG_TASK = /^\s+(?:Not tainted|Tainted:) |^"echo 0 > |^\s*task:\S.* state:/;

/** What `text` is to a splat. */
export function partOf(text: string): Part {
  if (text.trim() === '') return 'blank';
  if (parseIp(text) === null && parseFrame(withoutMarkers(text)) !== null) return 'frame';
  // User space's registers end a trace.
  if (isUserIp(text)) return 'body';
  if (RAW_IP.test(text) || parseIp(text) !== null) return 'ip';
  if (CPU_HEADER.test(text)) return 'cpu';
  if (HUNG_TASK.test(text)) return 'task';
  if (isCallTrace(text)) return 'call-trace';
  if (END_TRACE.test(text)) return 'end';
  if (RULE.test(text)) return 'rule';
  if (opensTrace(text)) return 'opener';
  return isReportBody(text) ? 'body' : 'other';
}
