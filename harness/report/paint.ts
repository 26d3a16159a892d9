// SPDX-License-Identifier: GPL-2.0-only
import type { VariantOutcome } from '../model/outcome.ts';
import { WORD } from './wording.ts';

/** What a painted piece is about; a terminal turns it into a colour. */
export type Style = 'heading' | 'good' | 'bad' | 'doubt';
export type Paint = (text: string, style: Style) => string;

const STYLE: Readonly<Record<VariantOutcome, Style>> = {
  target: 'bad',
  hang: 'bad',
  'other-bug': 'doubt',
  'not-reproduced': 'good',
  closed: 'good',
  measured: 'good',
  inconclusive: 'doubt',
};

/** Colours come after the columns: a terminal's escapes have a length but no width. */
export function paintWord(
  line: string,
  { variant, outcome }: { readonly variant: string; readonly outcome: VariantOutcome },
  paint: Paint,
): string {
  const label = `${variant}: ${WORD[outcome]}`;
  if (!line.startsWith(label)) return line;
  return `${variant}: ${paint(WORD[outcome], STYLE[outcome])}${line.slice(label.length)}`;
}
