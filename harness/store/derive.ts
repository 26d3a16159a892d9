// SPDX-License-Identifier: GPL-2.0-only
import type { Splat } from '../model/splat.ts';
import type { Evidence, TrialRecord, WorkloadSummary } from '../model/trial.ts';

/** How raw files of a trial are read; other stages know. */
export interface EvidenceTools {
  /** Splats of a console log, not symbolised. */
  readonly scanLog: (text: string) => readonly Splat[];
  /** What the raw messages of a workload say; a broken last line is not an error. */
  readonly parseWorkload: (text: string) => WorkloadSummary;
}

/** What a trial left, before anybody looked at it. */
export interface RawTrial {
  readonly record: TrialRecord;
  /** console.log, byte for byte. */
  readonly console: Buffer;
  /** workload.jsonl */
  readonly workload: string;
}

/**
 * Evidence of a trial from its raw files alone: what a run stores and what an audit compares it with. Splats are not
 * symbolised; everything else is final.
 */
export function deriveEvidence({ record, console, workload }: RawTrial, tools: EvidenceTools): Evidence {
  const text = new TextDecoder().decode(console);
  const splats = tools.scanLog(text);
  const { exposure, unreportedExposure } = tools.parseWorkload(workload);
  return {
    spec: record.spec,
    end: record.end,
    guestBuildId: record.meta.guestBuildId,
    splats,
    exposure,
    unreportedExposure,
    consoleTruncated: endsMidway(text, splats),
    consoleBytes: console.length,
  };
}

/** True when a console ends in the middle of a line or of a splat. */
function endsMidway(text: string, splats: readonly Splat[]): boolean {
  if (text !== '' && !text.endsWith('\n')) return true;
  return splats.at(-1)?.damaged.includes('truncated') ?? false;
}
