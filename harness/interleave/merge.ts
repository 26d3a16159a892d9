// SPDX-License-Identifier: GPL-2.0-only
import type { MergeSummary, PathPoint, PointResult, VcpuControl } from '../model/interleave.ts';
import { distinctOutcomes, pointName } from '../model/race-map.ts';
import { isPrivate, type Disassembler } from './disassembly.ts';
import { samplePoints } from './points.ts';

/** Of the points that are represented by another, one in this many is run all the same. */
const CHECK_ONE_IN = 10;

/** Which points are run, and which of them stands for those that are not. */
export interface MergePlan {
  /** In the path's order. */
  readonly run: readonly PathPoint[];
  /** By `pointName`: the first point of the stretch, for every other point of it. */
  readonly represented: Readonly<Record<string, string>>;
}

/**
 * Joins points between which the thread does nothing that others can see: held before or after such an instruction, it
 * is the same to them.
 *
 * @param points consecutive.
 * @param isPrivateAt whether the instruction at an address is of that kind.
 */
export function mergePoints(
  points: readonly PathPoint[],
  isPrivateAt: (address: string) => boolean,
  seed: string,
): MergePlan {
  const represented = new Map<string, string>();
  const first: PathPoint[] = [];
  const others: PathPoint[] = [];
  points.forEach((point, at) => {
    const before = points[at - 1];
    if (before === undefined || before.index !== point.index - 1 || !isPrivateAt(before.address)) {
      first.push(point);
      return;
    }
    represented.set(pointName(point), pointName(first.at(-1) as PathPoint));
    others.push(point);
  });
  const checked = samplePoints(others, { count: Math.ceil(others.length / CHECK_ONE_IN), seed });
  return {
    run: [...first, ...checked].sort((a, b) => a.index - b.index),
    represented: Object.fromEntries(represented),
  };
}

/**
 * What was seen of the points that were run though another stands for them. One difference voids the map; an attempt
 * that was inconclusive does not count.
 */
export function mergeSummary(represented: MergePlan['represented'], results: readonly PointResult[]): MergeSummary {
  const seen = new Map<string, PointResult['outcome'][]>();
  for (const { point, outcome } of results) {
    if (outcome.kind === 'inconclusive') continue;
    seen.set(pointName(point), [...(seen.get(pointName(point)) ?? []), outcome]);
  }
  const keyOf = (name: string): string =>
    distinctOutcomes(seen.get(name) ?? [])
      .map(essence)
      .join(' | ');
  const run = new Set(results.map(({ point }) => pointName(point)));
  const checked = Object.entries(represented).filter(([name, first]) => seen.has(name) && seen.has(first));
  const differences = checked
    .filter(([name, first]) => keyOf(name) !== keyOf(first))
    .map(([name, first]) => `${name}: ${keyOf(name)}; ${first}: ${keyOf(first)}`);
  return {
    represented: Object.keys(represented).filter((name) => !run.has(name)).length,
    checked: checked.length,
    differences,
  };
}

/** Where the contender was seen to wait, or a thread to hang, differs from one attempt to the next. */
function essence(outcome: PointResult['outcome']): string {
  return outcome.kind === 'oops' ? `oops: ${outcome.signature}` : outcome.kind;
}

/** Finds which instructions of a path are private, in the guest as it runs: what differs from the vmlinux is not. */
export async function privateAddresses(
  points: readonly PathPoint[],
  disassemble: Disassembler,
  vcpus: VcpuControl,
  thread: number,
): Promise<Set<string>> {
  const found = new Set<string>();
  const tried = new Set<string>();
  const functions = new Map<string, Awaited<ReturnType<Disassembler>>>();
  for (const { address, func } of points) {
    if (tried.has(address)) continue;
    tried.add(address);
    const listing = functions.get(func) ?? (await disassemble(func));
    functions.set(func, listing);
    const instruction = listing.get(address);
    if (instruction === undefined || !isPrivate(instruction.text)) continue;
    const bytes = await vcpus.readMemory(thread, BigInt(address), instruction.bytes.length / 2);
    if (bytes.toString('hex') === instruction.bytes) found.add(address);
  }
  return found;
}
