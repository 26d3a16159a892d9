// SPDX-License-Identifier: GPL-2.0-only
const MAX_TITLE = 120;

/**
 * Fills a detector's title: `{name}` from `values`, and `[…]` is left out when a name in it has no value.
 * Addresses and numbers become ADDR and NUM, so that one bug has one title.
 */
export function fillTitle(template: string, values: Readonly<Record<string, string>>): string {
  const chosen = template.replace(/\[([^\]]*)\]/g, (_, part: string) =>
    names(part).every((name) => values[name]) ? part : '',
  );
  return chosen
    .replace(/\{(\w+)\}/g, (_, name: string) => show(name, values))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_TITLE);
}

function names(part: string): string[] {
  return [...part.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}

/** Functions are shown as they are: their digits are part of their name. */
function show(name: string, values: Readonly<Record<string, string>>): string {
  const value = values[name] ?? '';
  return ['f', 'func', 'other', 'cache', 'limit', 'level'].includes(name) ? value || '?' : impersonal(value);
}

function impersonal(text: string): string {
  return text
    .replace(/\b0x[0-9a-f]+\b/gi, 'ADDR')
    .replace(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, 'ADDR')
    .replace(/(?<![A-Za-z_])\d+/g, 'NUM');
}
