// SPDX-License-Identifier: GPL-2.0-only
import type { CpuStalls } from '../../../host/cpu-stalls.ts';
import type { Accelerator } from '../../../model/guest.ts';
import type { HostSnapshot } from '../finding.ts';

/** CPUs that were this busy left the guests waiting for them. */
const BUSY_BESIDE = 0.95;
const MUCH_STEAL = 0.01;
/** Facts of the host that begin with `not` where the guest does not have this for itself. */
const DEDICATED = {
  vcpuCores: 'vCPUs:',
  guestMemory: 'The guest’s memory:',
  guestTimers: 'The guest’s timers:',
} as const;

/** On what a run was measured. */
export interface MeasuredOn {
  /** Null for a machine that was measured as it runs. */
  readonly vcpus: number | null;
  readonly accelerator: Accelerator | null;
  readonly facts: Readonly<Record<string, string>>;
}

/** What a reader has to know of the host before any figure: what the figures do not mean. Pure. */
export function hostNotes(
  { vcpus, accelerator, facts: host }: MeasuredOn,
  snapshots: readonly HostSnapshot[],
): string[] {
  const notes: string[] = [];
  if (vcpus === null) {
    notes.push(
      'One kernel on the machine itself, which was not booted between the measurements: compare it with a run of another kernel there.',
    );
  }
  const cores = Number(host['cores']);
  if (accelerator === 'tcg') {
    notes.push('TCG: an emulator’s times. Absolute figures mean nothing; only the comparison inside this run holds.');
  }
  if (vcpus !== null && vcpus >= cores) {
    notes.push(
      `${vcpus} vCPUs on ${cores} cores: when a vCPU has no core, everything that waits for all CPUs waits for it. ` +
        'Absolute figures mean nothing, and stopping the machine looks worse than it is: this works in favour of RCU.',
    );
  }
  for (const [name, what] of Object.entries(DEDICATED)) {
    if (host[name]?.startsWith('not ') === true) notes.push(`${what} ${host[name]}.`);
  }
  const steal = greatest(snapshots.map((snapshot) => snapshot.steal ?? 0));
  if (steal > MUCH_STEAL)
    notes.push(`Up to ${percent(steal)} of the host’s CPU time in a boot went to others (steal).`);
  const busy = snapshots.filter((snapshot) => (snapshot.busy ?? 0) > BUSY_BESIDE).length;
  if (busy > 0) {
    const load = greatest(snapshots.map((snapshot) => snapshot.load));
    notes.push(
      `The host was fully busy during ${busy} of ${snapshots.length} boots (load up to ${load.toFixed(1)}): its own work is in the figures.`,
    );
  }
  const stood = host['coresStood'];
  if (stood !== undefined && !stood.startsWith(NEVER)) {
    notes.push(
      `Before the first boot a core of the host, with nothing to wait for, stalled ${stood}: wake-ups that late are not the kernel’s alone.`,
    );
  }
  if (accelerator !== 'tcg' && host['isolatedCpus'] === 'none') {
    notes.push('No core is isolated (isolcpus, nohz_full): other work can interrupt what is measured.');
  }
  return notes;
}

/** How the facts of a host speak of cores that did not stall. */
const NEVER = 'never';

/** How often and for how long the worst of the cores stalled, as the facts of a host say it. Pure. */
export function cpuStallText(
  cores: readonly CpuStalls[],
  { seconds, leastMs }: { readonly seconds: number; readonly leastMs: number },
): string {
  const looked = `${cores.length} cores, ${seconds} s`;
  const most = greatest(cores.map(({ stopsMs }) => stopsMs.length));
  const worst = greatest(cores.flatMap(({ stopsMs }) => stopsMs));
  if (most === 0) return `${NEVER} for ${leastMs} ms or longer (${looked})`;
  return `for ${leastMs} ms or longer ${(most / seconds).toFixed(1)} times a second, up to ${worst.toFixed(1)} ms (${looked})`;
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
