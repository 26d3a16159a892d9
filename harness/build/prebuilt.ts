// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kernel } from '../model/kernel.ts';
import { SourceError } from '../model/errors.ts';
import { exists } from '../host/files.ts';
import { sha256, sha256Json } from '../host/hash.ts';
import { identifyElf } from './elf.ts';

/** Offsets of the x86 boot protocol (Documentation/x86/boot.rst). */
const MAGIC_AT = 0x202;
const VERSION_POINTER_AT = 0x20e;
const SETUP_BYTES = 0x200;

/**
 * Takes a kernel that was built elsewhere: a folder with bzImage and vmlinux, and config and System.map where it has
 * them. The files are used where they are.
 *
 * @throws SourceError `PREBUILT_INVALID` when a file is missing or is no kernel; HostError `VMLINUX_UNREADABLE`.
 */
export async function loadPrebuilt(dir: string): Promise<Kernel> {
  const [image, elf] = (await Promise.all(['bzImage', 'vmlinux'].map((name) => readRequired(dir, name)))) as [
    Buffer,
    Buffer,
  ];
  const [config, systemMap] = (await Promise.all(['config', 'System.map'].map((name) => pathIfExists(dir, name)))) as [
    string | null,
    string | null,
  ];
  const paths = { bzImage: join(dir, 'bzImage'), vmlinux: join(dir, 'vmlinux'), config, systemMap };
  const { buildId, codeSha256 } = identifyElf(elf, paths.vmlinux);
  if (buildId === null)
    throw invalid(
      dir,
      'vmlinux has no build id, so a guest cannot prove that it runs this kernel',
      'link it with --build-id',
    );
  const kernelVersion = bzImageVersion(image);
  if (kernelVersion === null) throw invalid(dir, 'bzImage is not an x86 kernel image', 'copy arch/x86/boot/bzImage');
  const artifacts: Record<string, string> = {
    bzImage: sha256(image),
    vmlinux: sha256(elf),
    ...(await sumOf('config', config)),
    ...(await sumOf('System.map', systemMap)),
  };
  const id = sha256Json(artifacts).slice(0, 16);
  const configSha256 = artifacts['config'] ?? null;
  const record = {
    id,
    kernelVersion,
    source: { kind: 'prebuilt', path: dir },
    series: [],
    configSha256,
    compiler: null,
    binutils: null,
    buildId,
    codeSha256,
    artifacts,
    commands: [],
    buildSeconds: 0,
    objects: 0,
  };
  return { id, kernelVersion, ...paths, buildLog: null, buildId, codeSha256, record };
}

/** The release in a bzImage's setup header, `6.1.192`; null when it is no bzImage. Pure. */
export function bzImageVersion(image: Buffer): string | null {
  if (image.length < VERSION_POINTER_AT + 2 || image.toString('latin1', MAGIC_AT, MAGIC_AT + 4) !== 'HdrS') return null;
  const at = image.readUInt16LE(VERSION_POINTER_AT) + SETUP_BYTES;
  return /^\d+\.\d+[^\s\0]*/.exec(image.toString('latin1', at, at + 64))?.[0] ?? null;
}

async function readRequired(dir: string, name: string): Promise<Buffer> {
  const path = join(dir, name);
  if (await exists(path)) return readFile(path);
  throw invalid(dir, `there is no ${name} in it`, 'the folder needs bzImage and vmlinux of one build');
}

async function pathIfExists(dir: string, name: string): Promise<string | null> {
  return (await exists(join(dir, name))) ? join(dir, name) : null;
}

async function sumOf(name: string, path: string | null): Promise<Record<string, string>> {
  return path === null ? {} : { [name]: sha256(await readFile(path)) };
}

function invalid(dir: string, why: string, hint: string): SourceError {
  return new SourceError('PREBUILT_INVALID', `Cannot use prebuilt:${dir}: ${why}`, { hint });
}
