// SPDX-License-Identifier: GPL-2.0-only
import { Readable } from 'node:stream';
import t from 'tap';
import { firstLine } from '../../host/first-line.ts';

const of = (...chunks: readonly string[]): Promise<string> =>
  firstLine(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), 10);

t.test('the first line of a stream, however it is cut', async (t) => {
  t.equal(await of('a', 'b\nc', 'd\n'), 'ab');
  t.equal(await of('ab\r\n'), 'ab');
  t.equal(await of('cut'), 'cut');
  t.equal(await of(), '');
});

t.test('a stream without a newline does not fill the memory', async (t) => {
  t.equal(await of('12345', '67890', '12345'), '1234567890');
  t.equal(await of('1234567890123456\n'), '1234567890');
});
