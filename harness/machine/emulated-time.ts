// SPDX-License-Identifier: GPL-2.0-only
/**
 * Under emulation a guest calibrates its clocks and timers against a host that may be busy at that moment, and then has
 * clocks that run several times too fast, or timers that never fire. Such a guest is no witness: its seconds are none.
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

/** Whether a console says that the guest's timers were found wanting. */
export function timersBroken(console: string): boolean {
  return BROKEN_TIMERS.some((pattern) => pattern.test(console));
}

/**
 * Whether a guest's clock runs too fast: it cannot have been up for longer than its machine.
 *
 * @param uptime content of the guest's /proc/uptime; what cannot be read proves nothing.
 * @param elapsedMs host milliseconds from the machine's start to after the reading.
 */
export function clockTooFast(uptime: string, elapsedMs: number): boolean {
  const seconds = Number.parseFloat(uptime);
  return seconds * 1000 > elapsedMs * FASTEST + SLACK_MS;
}
