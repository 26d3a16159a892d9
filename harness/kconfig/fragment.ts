// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ConfigRequest, Fragment } from '../model/kernel.ts';
import { UsageError } from '../model/errors.ts';
import { errnoOf } from '../host/files.ts';
import { isWithin } from './version.ts';

/** Reads fragment files, in order. @throws UsageError `FRAGMENT_MISSING`, and as `parseFragment`. */
export function loadFragments(paths: readonly string[]): Promise<Fragment[]> {
  return Promise.all(paths.map(loadFragment));
}

/** Reads one fragment file. @throws UsageError `FRAGMENT_MISSING`, and as `parseFragment`. */
export async function loadFragment(path: string): Promise<Fragment> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EISDIR') throw error;
    throw new UsageError('FRAGMENT_MISSING', `Cannot read the configuration fragment ${path}: there is no such file`, {
      hint: 'shipped fragments are in kernel-configs/fragments',
    });
  });
  return parseFragment(basename(path), text);
}

/**
 * Parses a fragment: `CONFIG_X=value` or `# CONFIG_X is not set`, one a line, and comments on lines of their own. A
 * symbol that only some kernels have is marked after its value: `# since 5.0`, `# until 5.19`, or both, each inclusive.
 *
 * @throws UsageError `FRAGMENT_INVALID` naming file and line.
 */
export function parseFragment(name: string, text: string): Fragment {
  const requests: ConfigRequest[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const request = parseLine(name, index + 1, line.trim());
    if (request === null) continue;
    const rival = requests.find((other) => other.symbol === request.symbol && overlap(other, request));
    if (rival !== undefined)
      throw invalid(name, request.line, `${request.symbol} is there already, in line ${rival.line}`);
    requests.push(request);
  }
  return { name, requests };
}

function parseLine(fragment: string, line: number, text: string): ConfigRequest | null {
  const unset = /^# (CONFIG_\w+) is not set$/.exec(text)?.[1];
  if (unset !== undefined) return { symbol: unset, value: 'n', fragment, line, from: null, until: null };
  if (text === '' || text.startsWith('#')) return null;
  const [, symbol, value, comment] = /^(CONFIG_\w+)=("(?:[^"\\]|\\.)*"|[^\s"#]+)(?:\s+#\s*(.*))?$/.exec(text) ?? [];
  if (symbol === undefined || value === undefined) throw invalid(fragment, line, `"${text}" is not CONFIG_NAME=value`);
  return { symbol, value, fragment, line, ...parseRange(fragment, line, comment) };
}

function parseRange(
  fragment: string,
  line: number,
  comment: string | undefined,
): { from: string | null; until: string | null } {
  if (comment === undefined) return { from: null, until: null };
  const [match, from, until] = /^(?:since (\d+\.[\d.]*\d))? ?(?:until (\d+\.[\d.]*\d))?$/.exec(comment.trim()) ?? [];
  if (match === undefined || match === '')
    throw invalid(
      fragment,
      line,
      `"# ${comment}" is neither "# since X.Y" nor "# until X.Y"; other comments have a line of their own`,
    );
  return { from: from ?? null, until: until ?? null };
}

/**
 * Two requests of one symbol must be for different kernels: one range begins inside the other, or both at the start.
 */
function overlap(a: ConfigRequest, b: ConfigRequest): boolean {
  const begin = (request: ConfigRequest) => request.from ?? '0.0';
  return isWithin(begin(a), b.from, b.until) || isWithin(begin(b), a.from, a.until);
}

/**
 * What fragments ask of one kernel: a later fragment wins, and what is not for this version is left out.
 */
export function requestsFor(kernelVersion: string, fragments: readonly Fragment[]): ConfigRequest[] {
  const bySymbol = new Map<string, ConfigRequest>();
  for (const request of fragments.flatMap((fragment) => fragment.requests)) {
    if (isWithin(kernelVersion, request.from, request.until)) bySymbol.set(request.symbol, request);
  }
  return [...bySymbol.values()];
}

/** The lines that Kconfig reads. */
export function configText(requests: readonly ConfigRequest[]): string {
  return requests
    .map(({ symbol, value }) => (value === 'n' ? `# ${symbol} is not set\n` : `${symbol}=${value}\n`))
    .join('');
}

function invalid(fragment: string, line: number, why: string): UsageError {
  return new UsageError('FRAGMENT_INVALID', `Cannot read ${fragment}:${line}: ${why}`, {
    hint: 'one CONFIG_NAME=value a line',
  });
}
