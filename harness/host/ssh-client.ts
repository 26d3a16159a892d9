// SPDX-License-Identifier: GPL-2.0-only
import { HostError } from '../model/errors.ts';
import { bounded, keepTail, start } from './process.ts';

/** Until a session is up, including a server that starts under load. */
const CONNECT_SECONDS = 90;
/** A machine that is silent for this long is lost. Real-time threads may keep it from answering for a while. */
const SILENT_SECONDS = 120;
/** Keepalive messages within that time. */
const ALIVE_TRIES = 4;

/** Most bytes of output that are taken: as many as of a guest's samples. */
const MOST_BYTES = 2 ** 30;

/** How a command on another machine ended. */
export interface FarOutput {
  /** 255 also when the connection failed (ssh(1)); null when a signal ended ssh here. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Another machine, reached by the user's own ssh(1) with its keys, configuration and known hosts. */
export interface FarHost {
  readonly name: string;
  /**
   * Runs a shell command.
   *
   * @throws InterruptedError through `signal`; HostError `SSH_FAILED` when ssh cannot be run, `OUTPUT_TOO_LARGE`.
   */
  run(command: string, options: { readonly signal: AbortSignal; readonly stdin?: Uint8Array }): Promise<FarOutput>;
}

export interface FarHostOptions {
  /** Replaces the user's configuration. */
  readonly configFile?: string;
  /** A machine that is silent for this long is lost; a multiple of 4. */
  readonly silentSeconds?: number;
}

/** @param name as ssh(1) takes it: `rt-box`, `root@10.0.0.7`. */
export function farHost(name: string, { configFile, silentSeconds = SILENT_SECONDS }: FarHostOptions = {}): FarHost {
  // No prompts: nobody is there to answer. Keepalives: a crashed machine does not close the connection.
  const options = [
    'BatchMode=yes',
    `ConnectTimeout=${CONNECT_SECONDS}`,
    `ServerAliveInterval=${silentSeconds / ALIVE_TRIES}`,
    `ServerAliveCountMax=${ALIVE_TRIES}`,
  ];
  const args = [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...options.flatMap((option) => ['-o', option]),
    '-T',
    // Whatever the person's configuration says: that machine gets neither the agent nor the display.
    '-a',
    '-x',
    '--',
    name,
  ];
  return {
    name,
    run: async (command, { stdin, signal }) => {
      const child = start('ssh', [...args, command], { signal });
      child.stdin.on('error', () => undefined);
      child.stdin.end(stdin ?? '');
      const stderr = keepTail(child.stderr);
      const [stdout, result] = await Promise.all([bounded(child.stdout, MOST_BYTES, `ssh ${name}`), child]).finally(
        () => child.kill('SIGKILL'),
      );
      signal.throwIfAborted();
      if (result.exitCode === undefined && result.signal === undefined) {
        throw new HostError('SSH_FAILED', `Cannot run ssh to ${name}`, {
          cause: result,
          hint: 'apt-get install openssh-client',
        });
      }
      return { code: result.exitCode ?? null, stdout, stderr: stderr() };
    },
  };
}
