// SPDX-License-Identifier: GPL-2.0-only
import { visible } from '../plain.ts';

/** HTML that is already safe. Only `html` and `trusted` make it. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What a template may hold: text is escaped, `Markup` is taken as it is, lists are joined, nothing stays nothing. */
export type Piece = string | number | Markup | null | readonly Piece[];

/**
 * HTML with everything escaped that is not Markup: a console's text cannot become an element, an attribute or a
 * control character. Values belong between tags or inside quoted attributes.
 *
 * @example html`<b title="${name}">${text}</b>`
 */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(
    parts.map((part, index) => part + (index < pieces.length ? rendered(pieces[index] ?? null) : '')).join(''),
  );
}

/** Markup from a source that makes no use of foreign text. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function rendered(piece: Piece): string {
  if (piece === null) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(rendered).join('');
  return escape(String(piece));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
