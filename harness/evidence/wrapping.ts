// SPDX-License-Identifier: GPL-2.0-only
const ESCAPES = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
/** Escapes as `cat -v` shows them. */
const SHOWN_ESCAPES = /\^\[\[[\d;?]*[A-Za-z]|\^M$/g;
const HTML_END = /(?:\s*<\/?(?:br|div|span|p|li|td|tr|pre|code|tt|font|b|i)\b[^<>]*>)+\s*$/;
const HTML_BEGIN = /^\s*(?:<\/?(?:br|div|span|p|li|td|tr|pre|code|tt|font|a|b|i)\b[^<>]*>)+/;
const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  '#39': "'",
  '#x27': "'",
  nbsp: ' ',
};
const ENTITY = /&(lt|gt|amp|quot|apos|#39|#x27|nbsp);/g;
/** rsyslog writes a control character as its octal number. */
const OCTAL_TAB = /#011/g;
/** `<1>` is a level, `<TASK>` a stack: only lower-case tags are HTML's. */
const JSON_RECORD = /^\s*(?:- )?\{\s*"/;
/** Names of the field that holds the message, the most telling first. */
const MESSAGE_FIELDS = ['message', 'msg', 'log', 'text', 'line', 'body', 'data'];

/** The line itself without colours, HTML and JSON around it. */
export function unwrap(raw: string): string {
  let line = raw.includes('\x1b') ? raw.replace(ESCAPES, '') : raw;
  if (line.includes('\u00a0')) line = line.replaceAll('\u00a0', ' ');
  if (line.includes('^')) line = line.replace(SHOWN_ESCAPES, '');
  if (line.includes('>') && HTML_END.test(line)) line = line.replace(HTML_END, '');
  if (line.includes('<') && HTML_BEGIN.test(line)) line = line.replace(HTML_BEGIN, '');
  if (line.includes('&')) line = line.replace(ENTITY, (whole, name: string) => ENTITIES[name] ?? whole);
  if (line.includes('#011')) line = line.replace(OCTAL_TAB, '\t');
  if (line.endsWith('\\n')) line = line.slice(0, -2);
  return JSON_RECORD.test(line) ? (messageOf(line) ?? line) : line;
}

/** The message in a record of JSON lines; null when it has none. */
function messageOf(line: string): string | null {
  const fields = parse(line.trim().replace(/^- /, '').replace(/,$/, ''));
  if (fields === null) return null;
  const texts = Object.entries(fields).map(([name, value]) => [name.toLowerCase(), textOf(value)] as const);
  const named = MESSAGE_FIELDS.map((name) => texts.find(([other, text]) => other === name && text !== null));
  const message = named.find((entry) => entry !== undefined)?.[1];
  return message?.replace(/\n$/, '') ?? null;
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** journald writes a message with control characters as an array of bytes. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every((each) => typeof each === 'number') ? Buffer.from(value).toString() : null;
}
