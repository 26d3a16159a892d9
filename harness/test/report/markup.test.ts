// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { html, trusted } from '../../report/html/markup.ts';
import { excerpt, oneLine, visible, withoutControls } from '../../report/plain.ts';

t.test('text is escaped, markup is not, nothing stays nothing', async (test) => {
  const inner = html`<b>${'<&">\''}</b>`;
  test.equal(inner.text, '<b>&lt;&amp;&quot;&gt;&#39;</b>');
  test.equal(html`${inner}${null}${[1, ', ', inner]}${trusted('<br>')}`.text, `${inner.text}1, ${inner.text}<br>`);
});

t.test('what a console can hold', async (test) => {
  test.equal(visible('a\0\x1b[1m\x7f\x9b\u202e\ud800\r\nb'), 'a␀␛[1m␡\ufffd<U+202E>\ufffd\nb');
  test.equal(withoutControls('a\0\x1b[1m\x7f\x9b\ud800\r\n\tb\ufffe'), 'a[1m\ufffd\n\tb');
  test.equal(withoutControls('\u{1f600}'), '\u{1f600}', 'a pair of surrogates is a character');
  test.equal(oneLine('  a\n\t b\x07\u202e '), 'a b');
  test.equal(excerpt('12345\nab\ncd', { line: 4, total: 9 }), '123…\nab\n…');
});
