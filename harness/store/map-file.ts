// SPDX-License-Identifier: GPL-2.0-only
import { z } from 'zod';
import { UsageError } from '../model/errors.ts';
import type { RaceMap } from '../model/interleave.ts';
import { raceMap } from './schema-exploration.ts';

/**
 * Reads race maps from JSON: one, or a list of them.
 *
 * @param origin its file, for messages.
 * @throws UsageError `NOT_A_MAP` naming each key that is wrong.
 */
export function parseMaps(json: string, origin: string): RaceMap[] {
  const parsed = z.array(raceMap).safeParse([parseJson(json, origin)].flat());
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.slice(1).join('.') || 'the whole'}: ${issue.message}`,
  );
  throw new UsageError('NOT_A_MAP', `${origin}: ${problems.slice(0, 5).join('; ')}`, {
    hint: 'interleave explore --json prints maps',
  });
}

function parseJson(json: string, origin: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new UsageError('NOT_A_MAP', `${origin}: ${(cause as Error).message}`, { cause });
  }
}
