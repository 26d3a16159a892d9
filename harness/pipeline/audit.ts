// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import { scanLog } from '../evidence/scanner.ts';
import { addr2lineSymbolizer } from '../evidence/symbolize.ts';
import { exists } from '../host/files.ts';
import type { Splat } from '../model/splat.ts';
import { reportText } from '../report/text.ts';
import { audit, type AuditResult } from '../store/audit.ts';
import type { EvidenceTools } from '../store/derive.ts';
import { judgeRun } from '../verdict/judge-run.ts';
import { judgeTrial } from '../verdict/judge-trial.ts';
import { parseWorkload } from '../workload/fold.ts';
import { mapOf } from './explore-kernel.ts';

/** How a trial's raw files are read, in a run and in its audit alike. */
export const evidenceTools: EvidenceTools = { scanLog, parseWorkload };

/** Recomputes a run from its raw files; frames are symbolised again where the cache still has the kernel. */
export function auditRun(runDir: string, cacheDir: string, signal: AbortSignal): Promise<AuditResult> {
  const symbolize = async (kernelId: string, splats: readonly Splat[]): Promise<readonly Splat[] | null> => {
    const vmlinux = join(cacheDir, 'kernels', kernelId, 'vmlinux');
    return (await exists(vmlinux)) ? addr2lineSymbolizer(vmlinux).symbolize(splats, signal) : null;
  };
  return audit(runDir, { ...evidenceTools, judgeTrial, judgeRun, mapOf, reportText, symbolize });
}
