// SPDX-License-Identifier: GPL-2.0-only
import { HostError } from '../model/errors.ts';
import type { ProbeKind } from '../model/probe.ts';

/** A kind of probe as far as results are read: everything but how it is run. */
export type ReadKind = Omit<ProbeKind, 'run'>;

/** Kinds by name: harness/probe/table.ts, or what a test puts in its place. */
export type KindTable<Kind extends ReadKind = ReadKind> = Readonly<Record<string, Kind>>;

/** @throws HostError `RUN_UNREADABLE` for a kind that the table does not have. */
export function kindOf<Kind extends ReadKind>(kinds: KindTable<Kind>, name: string): Kind {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind !== undefined) return kind;
  throw new HostError('RUN_UNREADABLE', `There is no kind of probe ${name}`, {
    hint: `one of: ${Object.keys(kinds).join(', ')}; the run may be of another version`,
  });
}
