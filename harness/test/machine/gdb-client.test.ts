// SPDX-License-Identifier: GPL-2.0-only
import { createServer, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { GdbClient } from '../../machine/gdb/client.ts';
import { encodePacket, PacketReader } from '../../machine/gdb/packet.ts';

type Answer = (request: string) => string | null;

/** A stub that answers by a function and keeps what it was asked. */
class FakeStub {
  readonly requests: string[] = [];
  readonly acks: string[] = [];
  interrupts = 0;
  socket: Socket | null = null;

  private constructor(
    readonly path: string,
    private readonly answer: Answer,
  ) {}

  static async start(
    t: TestScope,
    answer: Answer,
    features = 'PacketSize=1000;qXfer:features:read+',
  ): Promise<FakeStub> {
    const dir = await mkdtemp(join(tmpdir(), 'gdb-'));
    const stub = new FakeStub(join(dir, 's'), (request) => basics(request, features) ?? answer(request));
    const server = createServer((socket) => stub.#serve(socket));
    await new Promise<void>((resolve) => server.listen(stub.path, resolve));
    t.teardown(async () => {
      stub.socket?.destroy();
      server.close();
      await rm(dir, { recursive: true });
    });
    return stub;
  }

  send(payload: string): void {
    this.socket?.write(encodePacket(payload));
  }

  #serve(socket: Socket): void {
    this.socket = socket;
    const reader = new PacketReader();
    // What QEMU does when a client connects.
    this.send('T02thread:01;');
    socket.on('data', (chunk) => {
      if (chunk.includes(3)) this.interrupts++;
      for (const received of reader.push(chunk)) {
        if (received.kind !== 'packet') {
          this.acks.push(received.kind);
          continue;
        }
        this.requests.push(received.payload);
        const answer = this.answer(received.payload);
        if (answer !== null) this.send(answer);
      }
      if (chunk.includes(3)) this.send('T02thread:01;');
    });
  }
}

/** As much of a test as the stub needs: to go with it. */
interface TestScope {
  teardown(release: () => unknown): void;
}

const CORE = '<reg name="rax" bitsize="64"/><reg name="rip" bitsize="64"/>';

function basics(request: string, features: string): string | null {
  if (request.startsWith('qSupported')) return features;
  if (request === '?') return 'T05thread:01;';
  if (request === 'QStartNoAckMode') return 'OK';
  if (request.startsWith('qXfer:features:read:target.xml:0,')) return 'm<xi:include href="core.xml"/>';
  if (request.startsWith('qXfer:features:read:target.xml:')) return 'l';
  if (request.startsWith('qXfer:features:read:core.xml')) return `l${CORE}`;
  if (request.startsWith('Hg') || /^[Zz]/.test(request)) return 'OK';
  return null;
}

t.test('registers, memory and breakpoints', async (t) => {
  const memory = Buffer.alloc(5000, 7);
  const stub = await FakeStub.start(t, (request) => {
    if (request === 'p1') return 'a0d00e81ffffffff';
    const read = /^m([0-9a-f]+),([0-9a-f]+)$/.exec(request);
    if (read) return memory.subarray(0, Number.parseInt(read[2] as string, 16)).toString('hex');
    if (request.startsWith('qfThread')) return 'm01,02';
    if (request.startsWith('qsThread')) return 'l';
    return 'OK';
  });
  await using client = await GdbClient.connect(stub.path);
  t.same(await client.threads(), [1, 2]);
  t.equal(await client.readRegister(2, 'rip'), 0xffffffff810ed0a0n);
  t.equal(stub.requests.filter((request) => request === 'Hg2').length, 1, 'a vCPU is selected once');
  t.equal((await client.readMemory(1, 0x1000n, 5000)).length, 5000);
  await client.writeMemory(1, 0x2000n, Buffer.from([1, 2]), 'physical');
  t.ok(stub.requests.includes('Qqemu.PhyMemMode:1'));
  t.equal(stub.requests.at(-1), 'M2000,2:0102');
  await client.insert({ kind: 'software', address: 0xffffffff810ed0a0n });
  await client.remove({ kind: 'hardware', address: 0x10n });
  t.same(stub.requests.slice(-2), ['Z0,ffffffff810ed0a0,1', 'z1,10,1']);
  await t.rejects(client.readRegister(1, 'nope'), { code: 'GDB_PROTOCOL' });
});

t.test('operations started together do not mix', async (t) => {
  let selected = '';
  const stub = await FakeStub.start(t, (request) =>
    request === 'p1' ? (selected === '1' ? '11' : '22').padEnd(16, '0') : 'OK',
  );
  const serve = stub.requests.push.bind(stub.requests);
  stub.requests.push = (...items) => {
    if (items[0]?.startsWith('Hg')) selected = items[0].slice(2);
    return serve(...items);
  };
  await using client = await GdbClient.connect(stub.path);
  t.same(await Promise.all([1, 2, 1].map((thread) => client.readRegister(thread, 'rip'))), [0x11n, 0x22n, 0x11n]);
});

t.test('vCPUs run by themselves, are stepped, and are interrupted', async (t) => {
  const stub = await FakeStub.start(t, (request) => (request === 'vCont;s:2' ? 'T05thread:02;' : null));
  await using client = await GdbClient.connect(stub.path);
  t.same(await client.step(2), { signal: 5, thread: 2 });
  client.resume([1]);
  t.equal(client.running, true);
  t.equal(await client.waitStop(20), null);
  await t.rejects(client.readRegister(1, 'rip'), { code: 'GDB_STATE' });
  t.throws(() => client.resume('all'), { code: 'GDB_STATE' });
  t.same(await client.interrupt(), { signal: 2, thread: 1 });
  t.equal(client.running, false);
  t.same([stub.interrupts, stub.requests.at(-1)], [1, 'vCont;c:1']);
  t.same(await client.interrupt(), { signal: 2, thread: 1 }, 'a stop that came already counts');
  t.equal(stub.interrupts, 1);
});

t.test('a stop that nobody asked for is no answer', async (t) => {
  const stub: FakeStub = await FakeStub.start(t, (request) => {
    if (request === 'p1') stub.send('T05thread:01;');
    return request === 'p1' ? '0500000000000000' : 'OK';
  });
  await using client = await GdbClient.connect(stub.path);
  t.equal(await client.readRegister(1, 'rip'), 5n);
});

t.test('packets are acknowledged unless the stub agrees not to', async (t) => {
  const acking = await FakeStub.start(t, () => 'OK');
  await using first = await GdbClient.connect(acking.path);
  await first.insert({ kind: 'software', address: 0x10n });
  t.ok(acking.acks.length >= acking.requests.length);
  const silent = await FakeStub.start(t, () => 'OK', 'qXfer:features:read+;QStartNoAckMode+');
  await using second = await GdbClient.connect(silent.path);
  const before = silent.acks.length;
  await second.insert({ kind: 'software', address: 0x10n });
  t.equal(silent.acks.length, before);
});

t.test('refusals, unknown packets and lost connections have errors of their own', async (t) => {
  const stub: FakeStub = await FakeStub.start(t, (request) => {
    if (request.startsWith('m')) return 'E14';
    if (request.startsWith('Qqemu')) return '';
    if (request === 'p1') stub.socket?.destroy();
    return null;
  });
  await using client = await GdbClient.connect(stub.path);
  await t.rejects(client.readMemory(1, 0n, 8), { code: 'GDB_REFUSED', errno: 0x14, fault: 'host' });
  await t.rejects(client.readMemory(1, 0n, 8, 'physical'), { code: 'GDB_UNSUPPORTED' });
  await t.rejects(client.readRegister(1, 'rip'), { code: 'GDB_LOST' });
  await t.rejects(GdbClient.connect(`${stub.path}.none`), { code: 'GDB_LOST' });
});

t.test('a machine that ends while it runs is an error, not a stop', async (t) => {
  const stub = await FakeStub.start(t, (request) => (request.startsWith('vCont') ? 'W00' : null));
  await using client = await GdbClient.connect(stub.path);
  client.resume('all');
  await t.rejects(client.waitStop(1000), { code: 'GDB_ENDED' });
});

t.test('a late answer is not taken for that to another request: the connection is closed', async (t) => {
  const stub = await FakeStub.start(t, () => null);
  const client = await GdbClient.connect(stub.path, 100);
  await t.rejects(client.readMemory(1, 0n, 1), { code: 'GDB_SILENT', message: /No answer to / });
  await t.rejects(client.readMemory(1, 0n, 1), { code: 'GDB_LOST' });
});

t.test('a packet without an end does not fill the memory', async (t) => {
  const reader = new PacketReader();
  reader.push(Buffer.from('$'));
  const found = Array.from({ length: 40 }, () => reader.push(Buffer.alloc(1 << 16, 'x'))).flat();
  t.same(new Set(found.map(({ kind }) => kind)), new Set(['corrupt']));
  t.same(reader.push(encodePacket('OK')), [{ kind: 'packet', payload: 'OK' }]);
});
