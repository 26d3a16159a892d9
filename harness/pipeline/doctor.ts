// SPDX-License-Identifier: GPL-2.0-only
import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { cpus, freemem, release, totalmem } from 'node:os';
import { readTextIfExists } from '../host/files.ts';
import { run } from '../host/process.ts';

/** One thing that swaprace needs of a machine. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly found: string;
  /** What to do; empty when all is well. */
  readonly mend: string;
}

/** Program, arguments that make it tell its version, and the Debian package that brings it. */
const PROGRAMS: readonly (readonly [string, readonly string[], string])[] = [
  ['qemu-system-x86_64', ['--version'], 'qemu-system-x86'],
  ['gcc', ['--version'], 'gcc'],
  ['ld', ['--version'], 'binutils'],
  ['addr2line', ['--version'], 'binutils'],
  ['make', ['--version'], 'make'],
  ['flex', ['--version'], 'flex'],
  ['bison', ['--version'], 'bison'],
  ['bc', ['--version'], 'bc'],
  ['perl', ['-e', 'print $^V'], 'perl'],
  ['patch', ['--version'], 'patch'],
  ['xz', ['--version'], 'xz-utils'],
  ['/sbin/mke2fs', ['-V'], 'e2fsprogs'],
  ['setpriv', ['--version'], 'util-linux'],
  ['apt-get', ['--version'], 'apt'],
  ['dpkg-deb', ['--version'], 'dpkg'],
];

/** A source tree, an object folder and eight kernels. */
const NEEDED_GIB = 5;
const GIB = 1024 ** 3;

/** Looks at the machine; changes nothing but that the cache folder exists. */
export async function examine(cacheDir: string, signal: AbortSignal): Promise<Check[]> {
  const programs = await Promise.all(PROGRAMS.map((program) => programCheck(program, signal)));
  return [machineCheck(), ...programs, await spaceCheck(cacheDir), await kvmCheck(), await isolationCheck()];
}

function machineCheck(): Check {
  const memory = `${(totalmem() / GIB).toFixed(1)} GiB, ${(freemem() / GIB).toFixed(1)} free`;
  const ok = process.arch === 'x64' && process.platform === 'linux';
  return {
    name: 'machine',
    ok,
    found: `${process.platform} ${release()} ${process.arch}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${memory}, Node ${process.versions.node}`,
    mend: ok ? '' : 'swaprace runs on Linux on x86_64',
  };
}

async function programCheck([program, args, pkg]: (typeof PROGRAMS)[number], signal: AbortSignal): Promise<Check> {
  try {
    const { stdout, stderr } = await run(program, args, { signal });
    return { name: program, ok: true, found: (stdout || stderr).split('\n')[0] ?? '', mend: '' };
  } catch {
    signal.throwIfAborted();
    return { name: program, ok: false, found: 'not in PATH', mend: `apt-get install ${pkg}` };
  }
}

async function spaceCheck(cacheDir: string): Promise<Check> {
  try {
    await mkdir(cacheDir, { recursive: true });
    await access(cacheDir, constants.W_OK);
    const { bavail, bsize } = await statfs(cacheDir);
    const free = (bavail * bsize) / GIB;
    const ok = free >= NEEDED_GIB;
    return {
      name: 'cache',
      ok,
      found: `${cacheDir}, ${free.toFixed(1)} GiB free`,
      mend: ok ? '' : `free ${NEEDED_GIB} GiB, or set SWAPRACE_CACHE`,
    };
  } catch (error) {
    return {
      name: 'cache',
      ok: false,
      found: `${cacheDir}: ${(error as Error).message}`,
      mend: 'set SWAPRACE_CACHE to a folder that can be written',
    };
  }
}

/** KVM is an advantage, never a need; only a guest that ran tells whether it works. */
async function kvmCheck(): Promise<Check> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    return { name: 'kvm', ok: true, found: '/dev/kvm opens; a run boots a guest to see whether it works', mend: '' };
  } catch (error) {
    return {
      name: 'kvm',
      ok: true,
      found: `/dev/kvm: ${(error as NodeJS.ErrnoException).code}; guests run under TCG`,
      mend: '',
    };
  }
}

/** Latency is measured on any host; absolute figures need cores of their own. */
async function isolationCheck(): Promise<Check> {
  const isolated = (await readTextIfExists('/sys/devices/system/cpu/isolated'))?.trim() ?? '';
  const advice = 'none: latency under KVM wants the host booted with isolcpus= and nohz_full= for the vCPUs’ cores';
  return { name: 'isolated cores', ok: true, found: isolated === '' ? advice : isolated, mend: '' };
}
