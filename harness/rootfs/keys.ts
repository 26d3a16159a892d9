// SPDX-License-Identifier: GPL-2.0-only
import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import type { GuestKey } from '../model/guest.ts';
import type { CpioEntry } from './cpio.ts';

/** Both identities of one run: the harness's and the guest's. Never written outside a run's private folder. */
export interface RunIdentity {
  readonly key: GuestKey;
  /** Overlay that makes the guest this run's. */
  readonly overlay: readonly CpioEntry[];
}

const KEY_TYPE = 'ssh-ed25519';
/** RFC 8410: both forms end in the key itself. */
const KEY_BYTES = 32;

/** Makes a fresh identity. */
export function newIdentity(): RunIdentity {
  const client = newClientKey();
  const host = newHostKey();
  return {
    key: { privateKey: client.private, hostPublicKey: host.publicBlob },
    overlay: [
      { kind: 'dir', path: 'root', mode: 0o700 },
      { kind: 'dir', path: 'root/.ssh', mode: 0o700 },
      { kind: 'file', path: 'root/.ssh/authorized_keys', mode: 0o600, data: Buffer.from(`${client.public}\n`) },
      { kind: 'file', path: 'etc/dropbear/host_key', mode: 0o600, data: host.dropbearFile },
    ],
  };
}

/** About one ed25519 key in 300 that ssh2 writes it cannot read ("Malformed OpenSSH private key"). */
function newClientKey(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'swaprace' });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/**
 * An ed25519 host key in dropbear's own file form: the key type, then seed and public key as one string.
 * Generated here because a guest under TCG would spend its boot on it.
 */
function newHostKey(): { publicBlob: Buffer; dropbearFile: Buffer } {
  // Not as JWK: that export can deadlock in Node 20 when garbage is collected meanwhile.
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  const seed = pair.privateKey.subarray(-KEY_BYTES);
  const publicKey = pair.publicKey.subarray(-KEY_BYTES);
  return {
    publicBlob: Buffer.concat([sshString(Buffer.from(KEY_TYPE)), sshString(publicKey)]),
    dropbearFile: Buffer.concat([sshString(Buffer.from(KEY_TYPE)), sshString(Buffer.concat([seed, publicKey]))]),
  };
}

/** RFC 4251's `string`: a 32-bit length, then the bytes. */
function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
