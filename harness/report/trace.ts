// SPDX-License-Identifier: GPL-2.0-only
import type { Frame, Splat } from '../model/splat.ts';
import { align, cut } from './columns.ts';

/** More than this of one trace does not help who reads the report; the console log has it all. */
const MOST_LINES = 16;

/** A splat's call trace, one function a line with its place in the source, functions inlined there before it. */
export function traceLines(splat: Splat): string[] {
  const frames = splat.frames.filter((frame) => frame.reliable || frame.isIp);
  const rows = frames.flatMap(frameRows);
  const lines = align(rows).map((cells) => cut(`  ${cells.join('  ').trimEnd()}`));
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), `  … ${lines.length - MOST_LINES} more`];
}

function frameRows(frame: Frame): string[][] {
  const module = frame.module === null ? '' : ` [${frame.module}]`;
  const symbol = `${frame.symbol}${offsetText(frame)}${module}`;
  const inlined = frame.inlined.map((inline, index) => [
    frame.isIp && index === 0 ? 'RIP' : '',
    `${inline.func} (inlined)`,
    inline.location ?? '',
  ]);
  return [...inlined, [frame.isIp && inlined.length === 0 ? 'RIP' : '', symbol, frame.location ?? '']];
}

function offsetText({ offset, size }: Frame): string {
  if (offset === null) return '';
  return `+0x${offset.toString(16)}${size === null ? '' : `/0x${size.toString(16)}`}`;
}
