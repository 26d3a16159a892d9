// SPDX-License-Identifier: GPL-2.0-only
/** Longer text before a message is no prefix. */
const MAX_PREFIX = 200;
const DELIMITERS = String.raw`\[\](){}<>|"':;,=`;
const TOKEN = new RegExp(String.raw`(?<blank>\s+)|(?<mark>[${DELIMITERS}]+)|(?<word>[^\s${DELIMITERS}]+)`, 'g');
const NUMBER = /^[\d.,+/-]+$/;
const ANY_NUMBER = String.raw`[\d.,+/-]+`;
const ANY_WORD = String.raw`[^\s${DELIMITERS}]+`;
/** Where a transport says who spoke, only the kernel's own lines count. */
const CONSTANT = 'kernel';
/** What may follow a message on every line begins with one of these. */
const SUFFIX = /[|"'`,;*#\\].*$/;
const BEFORE_STAMP = String.raw`(?=(?:<\d{1,3}>)?\[ *\d+\.\d{6}\])`;
const MAX_SUFFIX = 60;
const QUOTES = ['"', "'", '`'];

/**
 * The shape of a prefix: punctuation and the word `kernel` are constant, numbers vary, and so do words once there is a
 * number or more punctuation (months, levels, names). Otherwise the words are constant too.
 */
export class Prefix {
  readonly #pattern: RegExp;

  private constructor(
    private readonly shape: string,
    /** A quote that the prefix opens and the message's end closes. */
    private readonly quote: string | null,
    private readonly suffix: string | null,
  ) {
    this.#pattern = new RegExp(`^${shape}`);
  }

  /** True when `text` may be a prefix: neither empty nor prose of a line's length. */
  static possible(text: string): boolean {
    return text.trim() !== '' && text.length <= MAX_PREFIX;
  }

  /** @param beforeStamp the prefix stands before printk's own stamp, which bears out that it is one. */
  static of(text: string, beforeStamp = false): Prefix {
    const tokens = [...text.matchAll(TOKEN)].map(({ groups }) => groups ?? {});
    const words = tokens.flatMap(({ word }) => word ?? []);
    const marks = tokens.filter(({ mark }) => mark !== undefined).length;
    const varies = beforeStamp || words.some((word) => NUMBER.test(word)) || (words.length > 1 && marks > 1);
    const parts = tokens.map((token, index) => {
      if (token['mark'] !== undefined) return escape(token['mark']);
      if (token['word'] !== undefined) return wordPattern(token['word'], varies);
      const plain = (at: number) => /^[^\d+-]/.test(tokens[at]?.['word'] ?? '');
      return plain(index - 1) && plain(index + 1)
        ? String.raw`\s+`
        : index === tokens.length - 1
          ? String.raw`\s?`
          : String.raw`\s*`;
    });
    const last = text.trimEnd().at(-1) ?? '';
    const shape = parts.join('') + (beforeStamp ? BEFORE_STAMP : '');
    return new Prefix(shape, QUOTES.includes(last) ? last : null, null);
  }

  /** Characters of `line` that are this prefix; 0 when it does not begin with it. */
  lengthIn(line: string): number {
    return this.#pattern.exec(line)?.[0].length ?? 0;
  }

  equals(other: Prefix): boolean {
    return this.shape === other.shape;
  }

  /** The same, and what most of `lines` end with is taken off too. */
  withSuffixOf(lines: readonly string[]): Prefix {
    const trimmed = lines.map((line) => line.trimEnd());
    const ends = trimmed.slice(1).map((line, index) => commonSuffix(line, trimmed[index] ?? ''));
    const suffix = ends.find((end) => end !== '' && ends.filter((other) => other === end).length > ends.length / 2);
    return new Prefix(this.shape, this.quote, suffix ?? null);
  }

  /** A message without what follows it on every line. */
  strip(text: string): string {
    const trimmed = text.trimEnd();
    const ended = this.suffix !== null && trimmed.endsWith(this.suffix);
    const message = ended ? trimmed.slice(0, -(this.suffix ?? '').length) : text;
    if (this.quote === null) return message;
    const closed = ended && this.suffix?.includes(this.quote) ? message : message.slice(0, this.#endOf(message));
    return closed
      .replace(/\\n$/, '')
      .replace(/\\t/g, '\t')
      .replace(/\\(["'\\/])/g, '$1')
      .replace(/""/g, '"');
  }

  /** Where the quote is closed that the prefix opened. */
  #endOf(text: string): number {
    const end = text.lastIndexOf(this.quote ?? '');
    return end < 0 ? text.length : end;
  }

  /** Boot time and caller that a prefix names: `/dev/kmsg` has microseconds and `caller=`. */
  facts(prefix: string): { readonly context: string | null; readonly seconds: number | null } {
    const stamp = /\[ *(\d+\.\d+)\]/.exec(prefix)?.[1];
    const kmsg = /^\d+,\d+,(\d+),/.exec(prefix)?.[1];
    const seconds = stamp ?? (kmsg === undefined ? undefined : Number(kmsg) / 1e6);
    return {
      context: /\bcaller=([TC]\d+)/.exec(prefix)?.[1] ?? /\[ *([TC]\d+)\]/.exec(prefix)?.[1] ?? null,
      seconds: seconds === undefined ? null : Number(seconds),
    };
  }
}

/** With fewer lines chance may end them alike. */
const MIN_WITNESSES = 6;
/** Of the lines, this share must end alike. */
const SUFFIX_SHARE = 0.75;

/** What `line` and most of `others` end with, whatever it is: it begins with a blank or with punctuation. */
export function suffixOf(line: string, others: readonly string[]): string | null {
  const witnesses = others.filter((other) => other !== '');
  if (witnesses.length < MIN_WITNESSES) return null;
  const tail = line.slice(-MAX_SUFFIX);
  for (const { index } of tail.matchAll(/\s(?=\S)|(?<=\w)[^\s\w.!)\]]|(?<=[\w).!\]])[|"'`,;*#\\]/g)) {
    const suffix = tail.slice(index);
    if (witnesses.filter((other) => other.endsWith(suffix)).length >= witnesses.length * SUFFIX_SHARE) return suffix;
  }
  return null;
}

/** What two lines end with, from its first punctuation on: their messages may end alike too. */
function commonSuffix(one: string, other: string): string {
  let length = 0;
  while (length < MAX_SUFFIX && length < one.length && one.at(-1 - length) === other.at(-1 - length)) length++;
  return SUFFIX.exec(length === 0 ? '' : one.slice(-length))?.[0] ?? '';
}

function wordPattern(word: string, varies: boolean): string {
  if (NUMBER.test(word)) return ANY_NUMBER;
  return varies && word !== CONSTANT ? ANY_WORD : escape(word);
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
