// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scanLog } from '../../evidence/scanner.ts';
import { readBytesIfExists, readTextIfExists } from '../../host/files.ts';
import type { AnalysedBoot } from '../../probe/latency/analysis/arms-of-run.ts';
import { CYCLICTEST_REACH_US } from '../../probe/latency/command.ts';
import { parseCyclictest } from '../../probe/latency/boot/cyclictest.ts';
import { bootFigures, cyclictestFigures } from '../../probe/latency/boot/figures.ts';
import { usableSamples } from '../../probe/latency/boot/validate.ts';
import type { LatencyBootRecord, LatencySamples, Unusable } from '../../model/latency.ts';
import { BOOT_FILES } from '../../store/latency-store.ts';
import { SAMPLE_FILES } from './boot.ts';
import { readTrace } from './trace-file.ts';

/** What a boot's raw files come to; the same in a run and in everything that is done with a stored one. */
export async function deriveBoot(dir: string, record: LatencyBootRecord): Promise<AnalysedBoot> {
  const { boot, workload, instructions } = record;
  const facts = { pages: workload.pages, instructions };
  const samples = await samplesOf(dir, record);
  if ('kind' in samples) return { id: boot.id, arm: boot.arm, result: samples };
  switch (workload.instrument) {
    case 'sampler':
    case 'timerlat':
      return {
        id: boot.id,
        arm: boot.arm,
        result: bootFigures(samples, { ...facts, horizonNs: workload.horizonUs * 1000 }),
      };
    case 'cyclictest': {
      const threads = parseCyclictest((await readTextIfExists(join(dir, SAMPLE_FILES.cyclictest))) ?? '');
      const result =
        'kind' in threads ? threads : cyclictestFigures(threads, samples, { ...facts, reachUs: CYCLICTEST_REACH_US });
      return { id: boot.id, arm: boot.arm, result };
    }
  }
}

/** A boot's samples when they can be trusted. */
export async function samplesOf(dir: string, record: LatencyBootRecord): Promise<LatencySamples | Unusable> {
  const { end, buildId, guestBuildId, workload } = record;
  const complaints = scanLog(await readFile(join(dir, BOOT_FILES.console))).map(({ title }) => title);
  const samples = await readBytesIfExists(join(dir, SAMPLE_FILES.samples));
  const trace = await readTrace(join(dir, SAMPLE_FILES.timerlat));
  return usableSamples({ end, buildId, guestBuildId, complaints, workload, samples, trace });
}
