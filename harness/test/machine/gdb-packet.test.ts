// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { decodeBody, encodePacket, PacketReader } from '../../machine/gdb/packet.ts';
import { includesOf, parseLittleEndian, registersOf } from '../../machine/gdb/registers.ts';
import { looksLikeStop, parseStop } from '../../machine/gdb/stop-reply.ts';

t.test('a packet carries its checksum and escapes what has a meaning', async (t) => {
  t.equal(encodePacket('OK').toString('latin1'), '$OK#9a');
  t.equal(encodePacket('').toString('latin1'), '$#00');
  const raw = 'a#b$c}d*e';
  const sent = encodePacket(raw);
  t.notMatch(sent.subarray(1, -3).toString('latin1'), /[#$*]/);
  t.same(new PacketReader().push(sent), [{ kind: 'packet', payload: raw }]);
});

t.test('runs are written out', async (t) => {
  // 0x2a '*' and a count of 29 more than the repeats: ' ' is 32, three more.
  t.equal(decodeBody(Buffer.from('0* ')), '0000');
  t.equal(decodeBody(Buffer.from('xx0*"yy')), 'xx000000yy');
  t.equal(decodeBody(Buffer.from('plain')), 'plain');
});

t.test('packets are found however they are chunked', async (t) => {
  const stream = Buffer.concat([Buffer.from('+'), encodePacket('T05thread:02;'), Buffer.from('-'), encodePacket('OK')]);
  const reader = new PacketReader();
  const found = [...stream].flatMap((byte) => reader.push(Buffer.from([byte])));
  t.same(found, [
    { kind: 'ack' },
    { kind: 'packet', payload: 'T05thread:02;' },
    { kind: 'nack' },
    { kind: 'packet', payload: 'OK' },
  ]);
  t.same(new PacketReader().push(Buffer.from('$OK#9b')), [{ kind: 'corrupt' }]);
  t.same(new PacketReader().push(Buffer.from('\r\n$OK#9a')), [{ kind: 'packet', payload: 'OK' }]);
});

t.test('stop replies name the signal and the vCPU; the end of the machine is an error', async (t) => {
  t.same(parseStop('T05thread:02;'), { signal: 5, thread: 2 });
  t.same(parseStop('T02thread:p01.0a;core:1;'), { signal: 2, thread: 10 });
  t.same(parseStop('S05'), { signal: 5, thread: null });
  t.throws(() => parseStop('W00'), { code: 'GDB_ENDED', fault: 'host' });
  t.throws(() => parseStop('OK'), { code: 'GDB_PROTOCOL' });
  t.ok(looksLikeStop('T05'));
  t.notOk(looksLikeStop('00112233'));
});

t.test('registers are numbered as the target describes them', async (t) => {
  const main = '<target><architecture>i386:x86-64</architecture><xi:include href="core.xml"/></target>';
  t.same(includesOf(main), ['core.xml']);
  const core =
    '<feature name="core"><reg name="rax" bitsize="64" type="int64"/><reg name="rip" bitsize="64" regnum="16"/>\n' +
    '<reg name="eflags" bitsize="32"/></feature>';
  t.same(registersOf([main, core]), [
    { name: 'rax', number: 0 },
    { name: 'rip', number: 16 },
    { name: 'eflags', number: 17 },
  ]);
  t.throws(() => registersOf(['<reg bitsize="64"/>']), { code: 'GDB_PROTOCOL' });
  t.equal(parseLittleEndian('a0d00e81ffffffff'), 0xffffffff810ed0a0n);
  t.throws(() => parseLittleEndian('xxxxxxxx'), { code: 'GDB_PROTOCOL' });
});
