// SPDX-License-Identifier: GPL-2.0-only
import ssh2 from 'ssh2';
import t from 'tap';
import { newIdentity } from '../../rootfs/keys.ts';

/** One key in 300 would be refused: this many show it almost certainly. */
const KEYS = 2_000;

t.test('every key that a run makes can be read', async (t) => {
  const refused = Array.from({ length: KEYS }, () => ssh2.utils.parseKey(newIdentity().key.privateKey)).filter(
    (key) => key instanceof Error,
  );
  t.equal(refused.length, 0);
});
