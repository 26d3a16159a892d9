// SPDX-License-Identifier: GPL-2.0-only
/**
 * Packets of the gdb remote serial protocol ("Debugging with GDB", appendix E.1): `$data#checksum`, with `}` escaping
 * the bytes that have a meaning and `*` for runs. Payloads are strings of one character a byte.
 */
const ESCAPE = 0x7d;
const ESCAPE_BIT = 0x20;
const RUN = 0x2a;
/** A run's count is a printable character: 29 more than the number of further repeats. */
const RUN_BIAS = 29;

/** A stub's packets have some thousand bytes; one without an end must not fill the memory. */
const MOST_BYTES = 1 << 20;

export type Received =
  | { readonly kind: 'packet'; readonly payload: string }
  | { readonly kind: 'ack' }
  | { readonly kind: 'nack' }
  /** A packet whose checksum is wrong. */
  | { readonly kind: 'corrupt' };

/** The bytes of one packet. */
export function encodePacket(payload: string): Buffer {
  const escaped = [...Buffer.from(payload, 'latin1')].flatMap((byte) =>
    mustEscape(byte) ? [ESCAPE, byte ^ ESCAPE_BIT] : [byte],
  );
  const body = Buffer.from(escaped);
  return Buffer.concat([Buffer.from('$'), body, Buffer.from(`#${hexByte(checksum(body))}`)]);
}

function mustEscape(byte: number): boolean {
  return byte === ESCAPE || byte === RUN || byte === 0x23 || byte === 0x24;
}

function checksum(body: Uint8Array): number {
  return body.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Undoes escapes and runs. */
export function decodeBody(body: Uint8Array): string {
  const out: number[] = [];
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] as number;
    if (byte === ESCAPE) out.push((body[++at] ?? 0) ^ ESCAPE_BIT);
    else if (byte === RUN)
      out.push(...new Array<number>(Math.max(0, (body[++at] ?? RUN_BIAS) - RUN_BIAS)).fill(out.at(-1) ?? 0));
    else out.push(byte);
  }
  return Buffer.from(out).toString('latin1');
}

/** Cuts a byte stream into packets and acknowledgements, however it is chunked. Other bytes between them are noise. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): Received[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const found: Received[] = [];
    for (let next = this.#take(); next !== 'more'; next = this.#take()) {
      if (next !== 'noise') found.push(next);
    }
    return found;
  }

  #take(): Received | 'noise' | 'more' {
    const first = this.#rest[0];
    if (first === undefined) return 'more';
    if (first === 0x24) return this.#takePacket();
    this.#rest = this.#rest.subarray(1);
    if (first === 0x2b) return { kind: 'ack' };
    return first === 0x2d ? { kind: 'nack' } : 'noise';
  }

  #takePacket(): Received | 'more' {
    const end = this.#rest.indexOf('#');
    if (end < 0 && this.#rest.length > MOST_BYTES) {
      this.#rest = Buffer.alloc(0);
      return { kind: 'corrupt' };
    }
    if (end < 0 || this.#rest.length < end + 3) return 'more';
    const body = this.#rest.subarray(1, end);
    const sum = this.#rest.toString('latin1', end + 1, end + 3).toLowerCase();
    this.#rest = this.#rest.subarray(end + 3);
    return sum === hexByte(checksum(body)) ? { kind: 'packet', payload: decodeBody(body) } : { kind: 'corrupt' };
  }
}
