// SPDX-License-Identifier: GPL-2.0-only
/**
 * Under emulation a guest calibrates its clocks and timers against a host that may be busy at that moment. Its clocks
 * may then run several times too fast, or its timers never fire. Such a guest gives no evidence.
 */

/** What kernels print whose timers do not work. */
const BROKEN_TIMERS = [
  /Clockevents: could not switch to one-shot mode/,
  /rcu: \tPossible timer handling issue on cpu=/,
  /IO-APIC \+ timer doesn't work/,
  /APIC timer disabled due to verification failure/,
];

/** Tolerance for a guest's uptime against the time since its machine was started. */
const FASTEST = 1.1;
const SLACK_MS = 250;

/** Whether a console shows that the guest's timers do not work. */
export function timersBroken(console: string): boolean {
  return BROKEN_TIMERS.some((pattern) => pattern.test(console));
}

/**
 * Whether a guest's clock runs too fast: a guest cannot be up for longer than its machine.
 *
 * @param uptime content of the guest's /proc/uptime; unreadable content counts as not too fast.
 * @param elapsedMs host milliseconds from the machine's start to after the reading.
 */
export function clockTooFast(uptime: string, elapsedMs: number): boolean {
  const seconds = Number.parseFloat(uptime);
  return seconds * 1000 > elapsedMs * FASTEST + SLACK_MS;
}
