// SPDX-License-Identifier: GPL-2.0-only
import { scanLog } from '../../evidence/scanner.ts';
import { HostError } from '../../model/errors.ts';
import type { RawFiles, Step, StepEnd } from '../../model/probe.ts';
import { parseCyclictest } from './boot/cyclictest.ts';
import { bootFigures, cyclictestFigures, type BootFigures } from './boot/figures.ts';
import { unpackTrace } from './boot/trace-file.ts';
import { usableSamples } from './boot/validate.ts';
import { CYCLICTEST_REACH_US } from './command.ts';
import { latencyDetail, type LatencyDetail, type LatencyFinding } from './finding.ts';
import { CONSOLE, PROGRAM_LOG, SAMPLE_FILES, TRACE } from './files.ts';
import { swappedOut } from './messages.ts';
import { latestOfCycles } from './show/pictures.ts';
import type { LatencyArgs, LatencySpec } from './spec.ts';
import type { LatencySamples, LatencyWorkload, Unusable } from './types.ts';

/** What one boot was asked to do. */
export function workloadOf({ args }: Pick<Step<LatencyArgs>, 'args'>, { workload }: LatencySpec): LatencyWorkload {
  return { ...workload, mode: args.mode, seed: args.seed };
}

/** What a boot's samples, its trace and its console say. */
export async function deriveBoot(
  step: Step<LatencyArgs>,
  probe: LatencySpec,
  end: StepEnd,
  files: RawFiles,
): Promise<LatencyFinding> {
  const detail = detailOf(end);
  const splats = scanLog((await files.bytes(CONSOLE)) ?? '');
  const workload = workloadOf(step, probe);
  const samples = usableSamples({
    ...{ end: detail.end, buildId: step.buildId, guestBuildId: end.guestBuildId },
    complaints: splats.map(({ title }) => title),
    workload,
    samples: await files.bytes(SAMPLE_FILES.samples),
    trace: await unpackTrace(await files.bytes(TRACE)),
    swappedOut: swappedOut((await files.text(PROGRAM_LOG)) ?? ''),
  });
  const usable = !('kind' in samples);
  return {
    result: usable ? await figuresOf(samples, workload, detail, files) : samples,
    cycles: usable ? latestOfCycles(samples, workload.horizonUs * 1000) : [],
    splats: splats.length === 0 ? [] : await files.symbols.splats(splats),
    ...{ accelerator: detail.accelerator, host: detail.host, facts: detail.facts },
  };
}

/** How a boot's session ended, and on what. @throws HostError `RUN_UNREADABLE` */
export function detailOf({ detail }: StepEnd): LatencyDetail {
  const parsed = latencyDetail.safeParse(detail);
  if (parsed.success) return parsed.data;
  throw new HostError('RUN_UNREADABLE', `Cannot read how a boot ended: ${parsed.error.message}`);
}

async function figuresOf(
  samples: LatencySamples,
  { instrument, pages, horizonUs }: LatencyWorkload,
  { instructions }: LatencyDetail,
  files: RawFiles,
): Promise<BootFigures | Unusable> {
  const facts = { pages, instructions };
  switch (instrument) {
    case 'sampler':
    case 'timerlat':
      return bootFigures(samples, { ...facts, horizonNs: horizonUs * 1000 });
    case 'cyclictest': {
      const threads = parseCyclictest((await files.text(SAMPLE_FILES.cyclictest)) ?? '');
      return 'kind' in threads
        ? threads
        : cyclictestFigures(threads, samples, { ...facts, reachUs: CYCLICTEST_REACH_US });
    }
  }
}
