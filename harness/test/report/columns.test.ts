// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { align, cut, wrap, wrapCommand } from '../../report/columns.ts';

t.test('wrap breaks between words and hangs the rest', async (test) => {
  test.same(wrap('  one two three', 4, 10), ['  one two', '    three']);
  test.same(wrap('one two', 0, 7), ['one two'], 'the width itself fits');
  test.same(wrap('one two', 0, 6), ['one', 'two']);
  test.same(wrap('a longword b', 1, 5), ['a', ' lon…', ' b'], 'a word that does not fit is cut');
  test.same(wrap(''), ['']);
});

t.test('cut', async (test) => {
  test.equal(cut('12345', 5), '12345');
  test.equal(cut('123456', 5), '1234…');
});

t.test('align pads every column but the last of a row', async (test) => {
  test.same(
    align([
      ['a', 'bb', 'c'],
      ['aaa', 'b', ''],
    ]),
    [
      ['a  ', 'bb', 'c'],
      ['aaa', 'b ', ''],
    ],
  );
});

t.test('a broken command is still one command', async (test) => {
  const words = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ');
  const lines = wrapCommand(words, 2);
  test.ok(lines.length > 1 && lines.every((line) => line.length <= 99));
  test.equal(lines.join('\n').replaceAll(' \\\n', ' ').trim().split(/\s+/).join(' '), words);
  test.same(wrapCommand('short', 2), ['  short']);
});
