// SPDX-License-Identifier: GPL-2.0-only
/** What comes from a guest's console may hold anything; here it becomes text of a known kind. */

const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;
/** Characters that reorder what a reader sees. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Without control characters (but tab and newline) and without what no encoding can carry. */
export function withoutControls(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(UNPRINTABLE, '').replaceAll(LONE_SURROGATE, '\ufffd');
}

/** On one line: every run of blanks and controls is one space. */
export function oneLine(text: string): string {
  return withoutControls(text.replaceAll(/\s+/g, ' ')).replaceAll(BIDI, '').trim();
}

/** With control characters made visible: ESC is `␛`, NUL `␀`; those that reorder text are named. */
export function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(UNPRINTABLE, (char) => picture(char.charCodeAt(0)))
    .replaceAll(LONE_SURROGATE, '\ufffd')
    .replaceAll(BIDI, (char) => `<U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}>`);
}

function picture(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}

/** At most `most` characters, the end of it marked. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Lines and whole text limited, each cut marked: what a report quotes of a log. */
export function excerpt(text: string, { line, total }: { readonly line: number; readonly total: number }): string {
  const lines = text.split('\n').map((each) => shorten(each, line));
  return shorten(lines.join('\n'), total);
}
