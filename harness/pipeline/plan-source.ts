import { resolve } from 'node:path';
import type { SourceSpec } from '../model/kernel.ts';

/** The textual forms of a source, for messages and for docs/plans.md. */
export const SOURCE_FORMS = [
  'deb:PACKAGE[=VERSION][#sha256=SUM]',
  'tarball:PATH-OR-URL[#sha256=SUM]',
  'git:PATH#REV',
  'dir:PATH',
  'prebuilt:PATH',
] as const;

/**
 * Reads a source; null when the text has none of the forms.
 *
 * @param folder relative paths start here.
 * @example parseSource('deb:linux-source-6.1', '.') // { kind: 'deb', package: 'linux-source-6.1', version: null, sha256: null }
 */
export function parseSource(text: string, folder: string): SourceSpec | null {
  const [, kind, rest = ''] = /^([a-z]+):(.+)$/.exec(text) ?? [];
  const [, place = '', fragment = null] = /^([^#]+)(?:#(.+))?$/.exec(rest) ?? [];
  const sha256 = fragment === null ? null : (/^sha256=([0-9a-f]{64})$/.exec(fragment)?.[1] ?? null);
  if (place === '' || rest.endsWith('#')) return null;
  switch (kind) {
    case 'deb':
    case 'tarball':
      if (fragment !== null && sha256 === null) return null;
      return kind === 'deb' ? debSource(place, sha256) : { kind, location: isUrl(place) ? place : resolve(folder, place), sha256 };
    case 'git':
      return fragment === null ? null : { kind, path: resolve(folder, place), rev: fragment };
    case 'dir':
    case 'prebuilt':
      return fragment === null ? { kind, path: resolve(folder, place) } : null;
    default:
      return null;
  }
}

function debSource(place: string, sha256: string | null): SourceSpec | null {
  const [, name, version = null] = /^([a-z0-9][a-z0-9.+-]*)(?:=([A-Za-z0-9.+~:-]+))?$/.exec(place) ?? [];
  return name === undefined ? null : { kind: 'deb', package: name, version, sha256 };
}

function isUrl(place: string): boolean {
  return /^https?:\/\//.test(place);
}
