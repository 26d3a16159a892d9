// SPDX-License-Identifier: GPL-2.0-only
import { isAbsolute, resolve } from 'node:path';
import type { SourceSpec } from '../model/kernel.ts';
import { UsageError } from '../model/errors.ts';

const FORMS =
  'deb:PACKAGE[=VERSION][#sha256:HEX], tarball:PATH-or-URL[#sha256:HEX], git:PATH#REV, dir:PATH or prebuilt:PATH';

/**
 * Reads the textual form of a source.
 *
 * @param baseDir relative paths start here.
 * @throws UsageError `SOURCE_INVALID` that names the value and the form it should have.
 * @example parseSourceSpec('deb:linux-source-6.1=6.1.192-2')
 */
export function parseSourceSpec(text: string, baseDir: string = process.cwd()): SourceSpec {
  const [, kind, rest] = /^([a-z]+):(.+)$/s.exec(text.trim()) ?? [];
  if (kind === undefined || rest === undefined) throw invalid(text, 'it does not say what kind of source it is');
  switch (kind) {
    case 'deb':
      return parseDeb(text, rest);
    case 'tarball':
      return parseTarball(text, rest, baseDir);
    case 'git':
      return parseGit(text, rest, baseDir);
    case 'dir':
    case 'prebuilt':
      return { kind, path: resolve(baseDir, rest) };
    default:
      throw invalid(text, `there is no kind "${kind}"`);
  }
}

/** The textual form that `parseSourceSpec` reads back. */
export function formatSourceSpec(spec: SourceSpec): string {
  switch (spec.kind) {
    case 'deb':
      return `deb:${spec.package}${spec.version === null ? '' : `=${spec.version}`}${pin(spec.sha256)}`;
    case 'tarball':
      return `tarball:${spec.location}${pin(spec.sha256)}`;
    case 'git':
      return `git:${spec.path}#${spec.rev}`;
    case 'dir':
    case 'prebuilt':
      return `${spec.kind}:${spec.path}`;
  }
}

/** True for what is fetched over HTTP; false for a path. */
export function isUrl(location: string): boolean {
  return /^https?:\/\//.test(location);
}

function parseDeb(text: string, rest: string): SourceSpec {
  const { body, sha256 } = splitPin(text, rest);
  const [, name, version] = /^([a-z0-9][a-z0-9.+-]+)(?:=([\w.+:~-]+))?$/.exec(body) ?? [];
  if (name === undefined) throw invalid(text, `"${body}" is not a package name with or without =VERSION`);
  return { kind: 'deb', package: name, version: version ?? null, sha256 };
}

function parseTarball(text: string, rest: string, baseDir: string): SourceSpec {
  const { body, sha256 } = splitPin(text, rest);
  if (/^[a-z]+:\/\//.test(body) && !isUrl(body)) throw invalid(text, 'only http and https are fetched');
  if (body.startsWith('http://') && sha256 === null)
    throw invalid(text, 'what comes over plain http may be anything: name its #sha256:, or use https');
  const location = isUrl(body) || isAbsolute(body) ? body : resolve(baseDir, body);
  return { kind: 'tarball', location, sha256 };
}

function parseGit(text: string, rest: string, baseDir: string): SourceSpec {
  const at = rest.lastIndexOf('#');
  const rev = rest.slice(at + 1);
  if (at < 1 || rev === '') throw invalid(text, 'the revision is missing: git:PATH#REV, for example git:../linux#v6.1');
  if (rev.startsWith('-')) throw invalid(text, `"${rev}" is not a revision`);
  return { kind: 'git', path: resolve(baseDir, rest.slice(0, at)), rev };
}

function splitPin(text: string, rest: string): { body: string; sha256: string | null } {
  const at = rest.indexOf('#');
  if (at < 0) return { body: rest, sha256: null };
  const [, hex] = /^sha256:([0-9a-fA-F]{64})$/.exec(rest.slice(at + 1)) ?? [];
  if (hex === undefined) throw invalid(text, `"${rest.slice(at)}" is not #sha256: and 64 hexadecimal digits`);
  return { body: rest.slice(0, at), sha256: hex.toLowerCase() };
}

function pin(sha256: string | null): string {
  return sha256 === null ? '' : `#sha256:${sha256}`;
}

function invalid(text: string, why: string): UsageError {
  return new UsageError('SOURCE_INVALID', `Cannot read the source "${text}": ${why}`, { hint: FORMS });
}
