// SPDX-License-Identifier: GPL-2.0-only
/** One way for a console's lines to reach a person: what stands around each of them. */
export interface Wrapping {
  readonly name: string;
  /** `text` is printk's message, `seconds` since boot; `index` counts the lines. */
  readonly line: (text: string, seconds: number, index: number) => string;
}

const stamp = (seconds: number) => `[${seconds.toFixed(6).padStart(12)}]`;
const clock = (seconds: number) => `10:11:${String(12 + Math.floor(seconds % 40)).padStart(2, '0')}`;
const fraction = (seconds: number, digits: number) => (seconds % 1).toFixed(digits).slice(2);
const iso = (seconds: number, digits = 6) => `2023-11-14T${clock(seconds)}.${fraction(seconds, digits)}`;
const LEVELS = ['alert', 'warn', 'info', 'debug', 'err', 'emerg'] as const;
const level = (index: number) => LEVELS[index % LEVELS.length] ?? 'info';
const html = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const csv = (text: string) => text.replace(/"/g, '""');
const quoted = (text: string) => JSON.stringify(text).slice(1, -1);

/** Prefixes before the message, or before printk's stamp; suffixes; records of other programs. */
export const WRAPPINGS: readonly Wrapping[] = [
  { name: 'bare', line: (text) => text },
  { name: 'printk', line: (text, at) => `${stamp(at)} ${text}` },
  { name: 'caller ids', line: (text, at) => `${stamp(at)}[ T4242] ${text}` },
  { name: 'dmesg -T', line: (text, at) => `[Tue Nov 14 ${clock(at)} 2023] ${text}` },
  { name: 'dmesg -d', line: (text, at) => `${stamp(at).slice(0, -1)} <    0.000001>] ${text}` },
  { name: 'dmesg -t -d', line: (text) => `[<    0.000001>] ${text}` },
  { name: 'dmesg -T -d', line: (text, at) => `[Tue Nov 14 ${clock(at)} 2023 <    0.000001>] ${text}` },
  { name: 'dmesg -e', line: (text, _at, index) => `${index === 0 ? '[Nov14 10:11]' : '[  +0.000001]'} ${text}` },
  { name: 'dmesg -x', line: (text, at, index) => `kern  :${level(index).padEnd(6)}: ${stamp(at)} ${text}` },
  {
    name: 'dmesg -x -T',
    line: (text, at, index) => `kern  :${level(index).padEnd(6)}: [Tue Nov 14 ${clock(at)} 2023] ${text}`,
  },
  { name: 'dmesg -x -t', line: (text, _at, index) => `kern  :${level(index).padEnd(6)}: ${text}` },
  { name: 'dmesg -r', line: (text, at, index) => `<${index % 7}>${stamp(at)} ${text}` },
  { name: 'dmesg --time-format iso', line: (text, at) => `${iso(at).replace('.', ',')}+01:00 ${text}` },
  {
    name: 'dmesg -J',
    line: (text, at, index) => JSON.stringify({ fac: 'kern', pri: level(index), time: at, msg: text }),
  },
  { name: 'blanks before the stamp', line: (text, at) => `   ${stamp(at)} ${text}` },
  { name: 'a tab before the stamp', line: (text, at) => `\t${stamp(at)} ${text}` },
  { name: 'level without a stamp', line: (text, _at, index) => `<${index % 7}>${text}` },
  { name: 'milliseconds', line: (text, at) => `[${at.toFixed(3)}] ${text}` },
  { name: 'nanoseconds', line: (text, at) => `[${at.toFixed(9)}] ${text}` },
  { name: 'ticks', line: (text, at) => `[${Math.round(at * 1e6)}] ${text}` },
  { name: 'syslog', line: (text, at) => `Nov 14 ${clock(at)} box kernel: ${stamp(at)} ${text}` },
  { name: 'syslog without a stamp', line: (text, at) => `Nov 14 ${clock(at)} box kernel: ${text}` },
  { name: 'syslog without a tag', line: (text, at) => `Nov 14 ${clock(at)} ${text}` },
  { name: 'syslog in French', line: (text, at) => `mai 14 ${clock(at)} box kernel: ${text}` },
  { name: 'syslog in Czech', line: (text, at) => `říj 14 ${clock(at)} box kernel: ${text}` },
  { name: 'syslog in Japanese', line: (text, at) => `11月 14 ${clock(at)} box kernel: ${text}` },
  { name: 'syslog in German, without a tag', line: (text, at) => `14. Mär ${clock(at)} ${text}` },
  {
    name: 'rsyslog with tabs as #011',
    line: (text, at) => `Nov 14 ${clock(at)} box kernel: ${stamp(at)} ${text.replace(/^ /, '#011')}`,
  },
  { name: 'RFC 5424', line: (text, at) => `<1>1 ${iso(at)}+01:00 box kernel - - - ${stamp(at)} ${text}` },
  {
    name: 'busybox syslogd',
    line: (text, at, index) => `Nov 14 ${clock(at)} box kern.${level(index)} kernel: ${text}`,
  },
  {
    name: 'busybox syslogd without a host',
    line: (text, at, index) => `Jan  1 ${clock(at)} (none) kern.${level(index)} kernel: ${stamp(at)} ${text}`,
  },
  { name: 'journalctl short-monotonic', line: (text, at) => `${stamp(at)} box kernel: ${text}` },
  { name: 'journalctl short-iso', line: (text, at) => `${iso(at).slice(0, 19)}+0100 box kernel: ${text}` },
  { name: 'journalctl short-full', line: (text, at) => `Tue 2023-11-14 ${clock(at)} CET box kernel: ${text}` },
  { name: 'journalctl short-unix', line: (text, at) => `${(1.7e9 + at).toFixed(6)} box kernel: ${text}` },
  { name: 'journalctl cat', line: (text) => `kernel: ${text}` },
  {
    name: 'journalctl json',
    line: (text, _at, index) =>
      JSON.stringify({ __CURSOR: `s=${index}`, PRIORITY: '4', MESSAGE: text, _TRANSPORT: 'kernel' }),
  },
  { name: 'journalctl verbose', line: (text) => `    MESSAGE=${text}` },
  { name: '/dev/kmsg', line: (text, at, index) => `${index % 7},${900 + index},${Math.round(at * 1e6)},-;${text}` },
  {
    name: '/dev/kmsg with caller ids',
    line: (text, at, index) => `4,${900 + index},${Math.round(at * 1e6)},-,caller=T4242;${text}`,
  },
  { name: 'netconsole', line: (text, at) => `${stamp(at)} ${text}` },
  {
    name: 'extended netconsole with a release',
    line: (text, at, index) => `6.1.99,6,${900 + index},${Math.round(at * 1e6)},-;${text}`,
  },
  { name: 'netconsole through socat', line: (text, at) => `192.0.2.7:6665 ${stamp(at)} ${text}` },
  { name: 'wall', line: (text) => ` kernel:${text}` },
  { name: 'docker compose', line: (text, at) => `vm_1  | ${stamp(at)} ${text}` },
  { name: 'docker compose without a stamp', line: (text) => `vm-1  | ${text}` },
  {
    name: 'docker json-file',
    line: (text, at) => JSON.stringify({ log: `${stamp(at)} ${text}\n`, stream: 'stdout', time: `${iso(at)}Z` }),
  },
  { name: 'kubernetes', line: (text, at) => `${iso(at)}123Z stdout F ${stamp(at)} ${text}` },
  { name: 'kubectl logs --prefix', line: (text, at) => `[pod/vm-0/console] ${stamp(at)} ${text}` },
  { name: 'CI times', line: (text, at) => `${iso(at)}7Z ${stamp(at)} ${text}` },
  { name: 'CI times without a stamp', line: (text, at) => `${iso(at)}7Z ${text}` },
  { name: 'CI sections', line: (text, at) => `00:01:${clock(at).slice(6)} ${stamp(at)} ${text}` },
  { name: 'timestamper', line: (text, at) => `[${iso(at, 3)}Z] ${stamp(at)} ${text}` },
  {
    name: 'LAVA records',
    line: (text, at) => `- ${JSON.stringify({ dt: iso(at), lvl: 'target', msg: `${stamp(at)} ${text}` })}`,
  },
  { name: 'LAVA in YAML', line: (text, at) => `- {dt: '${iso(at)}', lvl: target, msg: '${stamp(at)} ${text}'}` },
  { name: 'LAVA text', line: (text, at) => `${iso(at)} target: ${stamp(at)} ${text}` },
  { name: 'logcat', line: (text, at, index) => `11-14 ${clock(at)}.123     0     0 ${'EWI'[index % 3]} : ${text}` },
  {
    name: 'logcat with a tag',
    line: (text, at, index) =>
      `11-14 ${clock(at)}.123  root     0     0 ${'EWI'[index % 3]} KERNEL  : ${stamp(at)} ${text}`,
  },
  { name: 'a CPU and a task after the stamp', line: (text, at) => `${stamp(at)}  [1:        made-up: 4242] ${text}` },
  { name: 'a CPU in parentheses after the stamp', line: (text, at) => `${stamp(at)} (1)[4242:made-up]${text}` },
  { name: 'Xen', line: (text) => `(XEN) ${text}` },
  { name: 'Xen guest', line: (text, at) => `(d1) ${stamp(at)} ${text}` },
  { name: 'quoted mail', line: (text, at) => `> ${stamp(at)} ${text}` },
  { name: 'twice quoted mail without a stamp', line: (text) => `>> ${text}` },
  { name: 'comment', line: (text, at) => `# ${stamp(at)} ${text}` },
  { name: 'table cell', line: (text, at) => `| ${stamp(at)} ${text} |` },
  { name: 'Markdown indentation', line: (text, at) => `    ${stamp(at)} ${text}` },
  { name: 'CSV', line: (text, at) => `2023-11-14 ${clock(at)}.123,Guest,Info,"${csv(`${stamp(at)} ${text}`)}"` },
  { name: 'CSV without a stamp', line: (text, _at, index) => `${index},"${csv(text)}","console"` },
  { name: 'vmware.log', line: (text, at) => `${iso(at, 3)}Z| vcpu-0| I125: Guest: ${stamp(at)} ${text}` },
  { name: 'numbered', line: (text, at, index) => `${String(index + 1).padStart(6)}\t${stamp(at)} ${text}` },
  { name: 'numbered without a stamp', line: (text, _at, index) => `${index + 1}: ${text}` },
  {
    name: 'grep -n with context',
    line: (text, at, index) => `console.log${index === 0 ? `:${index + 9}:` : `-${index + 9}-`}${stamp(at)} ${text}`,
  },
  { name: 'grep -H', line: (text, at) => `logs/console.log:${stamp(at)} ${text}` },
  { name: 'ts', line: (text, at) => `Nov 14 ${clock(at)} ${stamp(at)} ${text}` },
  { name: 'a serial logger', line: (text, at) => `[${clock(at)}.123] ${text}` },
  { name: 'a terminal server', line: (text, at) => `[2023-11-14.${clock(at)}] ${stamp(at)} ${text}` },
  {
    name: 'a test framework',
    line: (text, at) => `2023-11-14 ${clock(at)},123 - DEBUG - guest0: ${stamp(at)} ${text}`,
  },
  { name: 'a test framework without a stamp', line: (text, _at) => `DEBUG    guest0:console.py:${400} ${text}` },
  { name: 'carriage returns', line: (text, at) => `${stamp(at)} ${text}\r` },
  { name: 'colours', line: (text, at) => `\x1b[33m${stamp(at)} \x1b[0m\x1b[1m${text}\x1b[0m` },
  { name: 'colours as cat -v shows them', line: (text, at) => `^[[33m${stamp(at)} ^[[0m${text}^M` },
  { name: 'HTML', line: (text, at) => `${html(`${stamp(at)} ${text}`)}<br />` },
  {
    name: 'HTML rows',
    line: (text, at, index) => `<tr><td>${index}</td><td>${html(`${stamp(at)} ${text}`)}</td></tr>`,
  },
  { name: 'HTML without a stamp', line: (text) => `<div class="line">${html(text)}</div>` },
  { name: 'a list of strings', line: (text, at) => `    "${quoted(`${stamp(at)} ${text}`)}",` },
  { name: 'a list of strings without stamps', line: (text) => `  '${text}\\n',` },
  { name: 'printf escapes', line: (text, at) => `${stamp(at)} ${text}\\n` },
];

/** A console's bare lines as they come through. */
export function wrap(lines: readonly string[], wrapping: Wrapping, from = 100): string {
  return lines.map((text, index) => wrapping.line(text, from + index / 1e6, index)).join('\n');
}
