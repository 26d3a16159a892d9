// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { run } from './process.ts';

/** What a run's figures depend on in addition to the kernels; text, for the record. */
export function hostFacts(): Record<string, string> {
  return {
    system: distribution(),
    kernel: `${type()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: String(cpus().length),
    memoryMiB: String(Math.round(totalmem() / 2 ** 20)),
    loadAverage: loadavg()
      .map((value) => value.toFixed(2))
      .join(' '),
    hypervisor: readFileSync('/proc/cpuinfo', 'utf8').includes(' hypervisor') ? 'yes' : 'no',
  };
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** First line of what each program says of its version. */
export async function toolVersions(signal: AbortSignal): Promise<Record<string, string>> {
  const programs = { qemu: 'qemu-system-x86_64', gcc: 'gcc', ld: 'ld', make: 'make' };
  const said = await Promise.all(
    Object.entries(programs).map(async ([name, program]) => {
      const { stdout } = await run(program, ['--version'], { signal });
      return [name, stdout.split('\n')[0] ?? ''] as const;
    }),
  );
  return { node: process.versions.node, ...Object.fromEntries(said) };
}
