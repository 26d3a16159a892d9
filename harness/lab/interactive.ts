// SPDX-License-Identifier: GPL-2.0-only
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { orAborted } from '../host/deadline.ts';
import { shellText } from '../host/shell.ts';
import { GuestError } from '../model/errors.ts';
import type { RemoteExit, StartedGuest } from '../model/guest.ts';
import type { RunIdentity } from '../rootfs/keys.ts';

const LOST: Pick<RemoteExit, 'code' | 'lost'> = { code: null, lost: true };

/** A terminal, as process.stdin and process.stdout are one. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/**
 * Carries a person's terminal to a shell in the guest until that shell ends.
 *
 * @returns its exit status.
 * @throws GuestError `SESSION_LOST` when the guest goes first; the signal's reason.
 */
export async function attachShell(
  guest: StartedGuest,
  { input, output }: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const size = (): { rows: number; columns: number } => ({ rows: output.rows ?? 24, columns: output.columns ?? 80 });
  const terminal = { ...size(), term: process.env['TERM'] ?? 'vt100' };
  const shell = await orAborted(signal, guest.remote.shell(terminal));
  const resize = (): void => shell.resize(size());
  output.on('resize', resize);
  if (input.isTTY) input.setRawMode(true);
  input.pipe(shell.stream as NodeJS.WritableStream);
  shell.stream.pipe(output, { end: false });
  try {
    const { code, lost } = await orAborted(signal, Promise.race([shell.exit, guest.ended.then(() => LOST)]));
    if (lost) throw new GuestError('SESSION_LOST', 'The session with the guest was lost');
    return code ?? 1;
  } finally {
    output.off('resize', resize);
    if (input.isTTY) input.setRawMode(false);
    input.unpipe();
    input.pause();
  }
}

/**
 * Writes what plain `ssh` needs to reach a guest into its private folder, which goes with the guest.
 *
 * @returns the command for a person.
 */
export async function plainSshCommand(guest: StartedGuest, identity: RunIdentity, privateDir: string): Promise<string> {
  const keyFile = join(privateDir, 'id');
  const configFile = join(privateDir, 'ssh_config');
  const socket = guest.sshSockets[1] ?? guest.sshSockets[0] ?? '';
  // From any folder; and ssh takes a percent sign for its own.
  const proxy = [
    process.execPath,
    '--import',
    import.meta.resolve('tsx'),
    fileURLToPath(new URL('../machine/port-proxy.ts', import.meta.url)),
    socket,
  ];
  await writeFile(keyFile, identity.key.privateKey, { mode: 0o600 });
  await writeFile(
    join(privateDir, 'known_hosts'),
    `guest ssh-ed25519 ${identity.key.hostPublicKey.toString('base64')}\n`,
  );
  await writeFile(
    configFile,
    [
      'Host guest',
      '  User root',
      `  IdentityFile ${keyFile}`,
      '  IdentitiesOnly yes',
      `  UserKnownHostsFile ${join(privateDir, 'known_hosts')}`,
      `  ProxyCommand ${shellText(proxy).replaceAll('%', '%%')}`,
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  return `ssh -F ${configFile} guest`;
}
