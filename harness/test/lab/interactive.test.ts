// SPDX-License-Identifier: GPL-2.0-only
import { PassThrough } from 'node:stream';
import t from 'tap';
import { attachShell, type Terminal } from '../../lab/interactive.ts';
import type { RemoteExit, StartedGuest } from '../../model/guest.ts';
import type { MachineEnd } from '../../model/guest-end.ts';

const hangs = <T>(): Promise<T> => new Promise(() => undefined);
const never = new AbortController().signal;
const terminal = (): Terminal => ({ input: new PassThrough(), output: new PassThrough() }) as unknown as Terminal;

function guestOf(exit: Promise<RemoteExit>, ended: Promise<MachineEnd> = hangs()): StartedGuest {
  const shell = async () => ({ stream: new PassThrough(), resize: () => undefined, exit });
  return { remote: { shell }, ended } as unknown as StartedGuest;
}

t.test('a shell ends with its own status', async (t) => {
  const exit = Promise.resolve({ code: 3, signal: null, lost: false });
  t.equal(await attachShell(guestOf(exit), terminal(), never), 3);
});

t.test('a guest that goes is no success', async (t) => {
  const lost = { code: 'SESSION_LOST', fault: 'guest' };
  const exit = Promise.resolve({ code: null, signal: null, lost: true });
  await t.rejects(attachShell(guestOf(exit), terminal(), never), lost);
  const gone = Promise.resolve({ kind: 'killed', signal: 'SIGKILL' } as const);
  await t.rejects(attachShell(guestOf(hangs(), gone), terminal(), never), lost);
});

t.test('a shell in a guest that hangs ends with the command', async (t) => {
  const over = new AbortController();
  setTimeout(() => over.abort(new Error('SIGTERM')), 10);
  await t.rejects(attachShell(guestOf(hangs()), terminal(), over.signal), { message: 'SIGTERM' });
});
