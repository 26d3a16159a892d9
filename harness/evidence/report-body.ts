// SPDX-License-Identifier: GPL-2.0-only
import { either } from './pattern.ts';

/**
 * Lines that only ever stand inside or directly after a splat, apart from frames: what parts its end from the log that
 * goes on.
 */
const REPORT_BODY: readonly RegExp[] = [
  // Registers and their surroundings, x86 and Arm.
  /^\s*(?:RIP|RSP|RAX|RBX|RCX|RDX|RSI|RDI|RBP|R0?\d{1,2}|EIP|EAX|EBX|ESI|EBP|IP|DS|ES|FS|GS|SS|CS)\b ?[:=]/,
  /^\s*(?:CR[0-8]|DR[0-7]|PKRU|Code|Stack|EFLAGS|PGD|ORIG_RAX)\b ?[:=]/,
  /^\s*(?:pc|lr|sp|pstate|x\d{1,2}) ?: |^\s*(?:r\d{1,2}:[0-9a-f]{8} ?)+$|^\s*Exception stack\(/,
  /^\s*#PF: |^\s*\[[0-9a-f]{16}\] pgd=|^\s*(?:Mem|Data) abort info:|^\s*(?:swapper|user) pgtable:/,
  /^\s*(?:[0-9a-f]{8,16} ){2,}|^\s*(?:<?[0-9a-f]{2}>? ?){4,}$|^\s*[0-9a-f]{20,40}\]$/,
  // Memory around registers, and stacks, on Arm.
  /^\s*[0-9a-f]{3,4}: (?: {9})*(?:[0-9a-f]{8} ?)+$|^\s*[0-9a-f]{4}[* ] (?:(?:[0-9a-f]{8}|\*{8}) ?)+$/,
  /^\s*(?:PC|LR|SP|FP|IP|[RX]\d{1,2}): 0x[0-9a-f]+:$/,
  // What scripts/decodecode makes of `Code:`.
  /^\s*(?:All code|Code starting with the faulting instruction)$|^\s*={8}$|^\t\.\.\.$/,
  /^\s*[0-9a-f]+:\*?\s+(?:[0-9a-f]{2} )+\s*\S/,
  // Who, where, on what.
  /^\s*CPU: \d+ /,
  /^\s*(?:Hardware name|Modules linked in|Workqueue|Stopper|Tainted|Sched_ext|Unloaded tainted modules)\b.*:/,
  /^\s*(?:last unloaded|Comm|Process|task|Internal error|Insufficient)\b.*:/,
  /^\s*(?:kernel |Last )?(?:irq event stamp|hardirqs last|softirqs last)/,
  /^\s*Modules linked in/,
  // Traces and their markers.
  /^\s*(?:Call [Tt]race|Backtrace|stack backtrace):?/,
  /^\s*<{1,2}\/?[#A-Za-z_]+>{1,2}/,
  /^\s*NMI backtrace for cpu|^Sending NMI|^\s*Task dump for CPU/,
  /^\s*rcu: |^\s*\(t=\d+ jiffies|^\s*\(detected by|^\s*\d+-\.{3}/,
  /^\s*task:\S.* state:|^\s*\S+ +[RSDTtZXI](?: +running task)? *(?:[0-9a-f]+ +){2,}0x[0-9a-f]+$/,
  /^\s*unwind stack type|^\s*\?{2,}|^\s*(?:\[<[0-9a-f]+>\] )?(?:\? )?0x[0-9a-f]+$/,
  // Addresses of 2.4, and what ksymoops makes of them.
  /^\s*(?:\[<[0-9a-f]{8,16}>\]\s*)+$|^\s*\[[\w.:-]+\+\d+\/\d+\]|^(?:Trace|Code|>>\w+); /,
  /^Showing (?:busy workqueues|backtraces of)|^workqueue \S+: flags=|^\s+pwq \d+:|^pool \d+: cpus=/,
  /^\s+(?:pending|in-flight|delayed|inactive): /,
  // Locks.
  /^\s*(?:\d+|no) locks? held (?:by|in)|^\s*#\d+: |^Showing all locks held/,
  /^INFO: lockdep is turned off|^Preemption disabled at/,
  // KASAN and its kin after their trace.
  /^\s*>?[0-9a-f]{12,16}: (?:[0-9a-f]{2} ?){4}|^\s*\^+$|^(?:Allocated|Freed) by task|^The buggy address/,
  /^Memory state around|^which belongs to|^page:|^raw: |^page dumped because|^page last|^flags: 0x/,
  // Last words.
  /^---\[ end |^Kernel Offset: |^Rebooting in |^Kernel panic(?: -|: )/,
  /^In \w+(?: \w+)? - not syncing|^Shutting down cpus/,
  /^Dumping ftrace buffer|^\s*\(ftrace buffer empty\)|^note: .* exited with|^Fixing recursive fault/,
  /^Disabling lock debugging/,
  /^"echo 0 > \/proc\/sys\/kernel\/hung_task|^\s+(?:Not tainted|Tainted:) /,
  /^INFO: NMI handler|^SMP: |^PHYS_OFFSET|^CPU features: |^Memory Limit: |^drm_kms_helper|^Future hung task reports/,
];

/** True for lines that belong to a splat wherever one is open. */
export function isReportBody(line: string): boolean {
  return line.trim() === '' || REPORT_BODY.some((pattern) => pattern.test(line));
}

/** `------------[ cut here ]------------`: a splat follows, or its beginning was lost. */
export const CUT_HERE = /-{4,}\[ cut here \]-{4,}$/;
/** The rule that sanitizers and lockdep draw. */
export const RULE = /^\s?={10,}$/;
/** To 2.6 without `not syncing`. */
export const PANIC = /^Kernel panic(?: - not syncing|: )/;
export const END_TRACE = /^---\[ end trace\b/;
/** The last words of panic(); with `panic=` negative they are missing, hence the KASLR line before them. */
export const END_PANIC = /^---\[ end Kernel panic|^Rebooting in -?\d+ seconds|^Kernel Offset: /;
export const FINAL = /^---\[ end Kernel panic|^Rebooting in -?\d+ seconds/;
export const KILLED = either(
  /^(?:(?:Memory cgroup out of memory|Out of memory)[^:]*: )?Kill(?:ed)? process \d+/,
  /^Tasks in .* are going to be killed|^oom_reaper: reaped/,
);
/** Printed by printk itself where its buffer overran. */
export const DROPPED = /\*\* \d+ printk messages? dropped \*\*/;
/** The machine is ordered to stop or to start again: the next banner is no surprise. */
export const ORDERLY_END = either(
  /^Kernel logging \(proc\) stopped/,
  /^reboot: |^Restarting system|^System halted|^Power down|^kexec(?:_core)?: Starting new kernel/,
  /^sysrq: (?:SysRq : )?(?:Resetting|Trigger a crash|Power Off)|^SysRq : (?:Resetting|Power Off)|^PM: suspend exit/,
  /^systemd-shutdown\[|^(?:systemd\[1\]: )?(?:Shutting down|Rebooting|Powering off)\./,
  // A person started it.
  /\bqemu-system-\w+ |^QEMU emulator version /,
);
/** What stands before the banner of the same boot: the logging daemon's start, and the kernel's own first words. */
export const BEFORE_BANNER = either(
  /^(?:klogd|imklog) \S|^(?:klogd|syslogd) started|^Booting Linux on|^Initializing cgroup subsys|^microcode: /,
  /^Reserv(?:ed|ing) |^efi: |^Booting paravirtualized/,
  /^Cannot find map file\.|^Inspecting \S*System\.map|^Loaded \d+ symbols from |^(?:Error seek|No module symbols)/,
  /^Symbols match kernel version/,
);
/** After these the log is printed from its start: on a further console, or by a program. */
export const REPEATED = either(
  /^(?:printk: )?(?:legacy )?(?:boot)?console \[\w+\] (?:en|dis)abled|^```|^~~~|\/proc\/version/,
  /[$#>%] ?(?:sudo )?(?:dmesg|journalctl|(?:z?cat|head|tail|less) .*(?:log|dmesg|kmsg|messages|\.txt))\b[^:]*$/,
);
/** The first words of a machine that starts. */
export const FIRMWARE = /^(?:SeaBIOS \(version|U-Boot (?:SPL )?20\d\d|OpenSBI v\d|iPXE \d)/;
/** What a fault gets that comes too late for its swap device; right before a bad page map it is the cause of that. */
export const SWAP_REFUSAL = /^(?:_*\w*swap\w*): Bad swap (?:file|offset) entry /;
/** What only a kernel prints, stamped or not, and no firmware before it. */
export const RUNNING = /^(?:usb|pci|nvme|virtio\w*|scsi|systemd|audit|EXT4-fs|XFS|BTRFS|IPv6|NET|e1000e?)(?:[ :([]|\d)/;
