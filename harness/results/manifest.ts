// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostError } from '../model/errors.ts';
import type { Step } from '../model/probe.ts';
import { canonical, RUN_FILES, shortHash } from './layout.ts';
import { anyStep } from './schema.ts';

/** One line of a manifest. */
export interface ManifestLine {
  readonly text: string;
  readonly hash: string;
  readonly step: Step;
}

export function manifestLine(step: Step): ManifestLine {
  const text = canonical(step);
  return { text, hash: shortHash(text), step };
}

/** Steps of a run in the order in which they were begun. @throws HostError `RUN_UNREADABLE` naming the line. */
export async function readManifest(runDir: string): Promise<ManifestLine[]> {
  const file = join(runDir, RUN_FILES.manifest);
  const lines = wholeLines(await readFile(file, 'utf8').catch((cause: Error) => unreadable(file, cause.message)));
  return lines.map((text, at) => {
    const parsed = anyStep.safeParse(json(text));
    return parsed.success
      ? { text, hash: shortHash(text), step: parsed.data }
      : unreadable(file, `line ${at + 1} is no step of a run`);
  });
}

/** The last line may have been cut by whatever ended the run. */
export function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unreadable(file: string, why: string): never {
  throw new HostError('RUN_UNREADABLE', `Cannot read ${file}: ${why}`);
}
