// SPDX-License-Identifier: GPL-2.0-only
import { firstLine } from '../host/first-line.ts';
import type { RemoteSession, SwapBackend } from '../model/guest.ts';
import { PLACE } from '../race/check.ts';
import { setupFor } from '../race/operations.ts';
import type { RaceFolder } from '../race/read.ts';
import { parseReadyLine, type ProgramPlaces } from './control.ts';

/** Two operations of a race, and what the guest swaps to. */
export interface Scene {
  readonly race: RaceFolder;
  /** The operation that is held. */
  readonly path: string;
  /** The one that goes on meanwhile. */
  readonly meanwhile: string;
  readonly backend: SwapBackend;
}

/** Longest first line that is read; the ready line has some hundreds. */
const MOST_CHARS = 64 * 1024;

/**
 * Starts the guest's half of a placed race and waits until all its threads are in their places. It runs for ever; the
 * session that started it must not be used once the guest was restored.
 *
 * @throws UsageError `NOT_PLACED_ON` for a backend on which nothing can be placed.
 * @throws GuestError `INTERLEAVE_PROGRAM_FAILED` with the program's words.
 */
export async function startProgram(remote: RemoteSession, scene: Scene, signal: AbortSignal): Promise<ProgramPlaces> {
  const process = await remote.spawn(programCommand(scene), { signal });
  const first = await firstLine(process.stdout, MOST_CHARS);
  signal.throwIfAborted();
  return parseReadyLine(first);
}

/** Pure. What goes wrong comes as the first line. */
export function programCommand({ race, path, meanwhile, backend }: Scene): string {
  const setup = setupFor(race, backend);
  const commands = setup.commands.map((command) => command.replaceAll('{size}', String(sizeOf(backend))));
  const program = race.programs.includes(PLACE) ? `${race.name}-${PLACE}` : PLACE;
  const shells = [...new Set([path, meanwhile])].flatMap((name) => {
    const shell = race.operations[name]?.shell;
    return shell === undefined ? [] : ['--shell', quoted(`${name}=${shell}`)];
  });
  const words = [program, path, meanwhile, ...shells, ...setup.arguments.map(quoted)];
  return `exec 2>&1; ${[...commands, `exec ${words.join(' ')}`].join(' && ')}`;
}

function sizeOf(backend: SwapBackend): number {
  return backend.kind === 'none' ? 0 : backend.sizeKiB;
}

/** One word for the guest's shell. */
function quoted(text: string): string {
  return /^[\w./:=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
