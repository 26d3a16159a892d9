// SPDX-License-Identifier: GPL-2.0-only
/** The one style sheet of every page: light and dark, narrow and wide, screen and paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f5f6f8; --ink: #16181d; --dim: #565d6b; --line: #d9dde4;
  --bad: #b3261e; --bad-paper: #fdeceb; --good: #146c2e; --good-paper: #e6f4ea; --doubt: #7a5200; --doubt-paper: #fff4dc;
  --s0: #0062a8; --s1: #c2410c; --s2: #0a7d55; --s3: #a8327d; --s4: #6b5b00; --s5: #5b4bc4; --s6: #00798c; --s7: #596275;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --panel: #1d2026; --ink: #e7e9ee; --dim: #a3abb9; --line: #343943;
    --bad: #ff8a80; --bad-paper: #3a1a18; --good: #7fd39a; --good-paper: #14301d; --doubt: #f0c265; --doubt-paper: #35290c;
    --s0: #63b3ff; --s1: #ff9d66; --s2: #4fd1a1; --s3: #f08ac8; --s4: #d9c54a; --s5: #a99bff; --s6: #4cc9dc; --s7: #b3bccb;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.25rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--s0); }
.dim { color: var(--dim); }
.small { font-size: .875rem; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow: auto; max-height: 32rem; white-space: pre; margin: .5rem 0; tab-size: 8; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--dim); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.badge { display: inline-block; justify-self: start; padding: .05rem .55rem; border-radius: 1rem; font-size: .8125rem; font-weight: 600; white-space: nowrap; }
.bad { color: var(--bad); background: var(--bad-paper); }
.good { color: var(--good); background: var(--good-paper); }
.doubt { color: var(--doubt); background: var(--doubt-paper); }
.notice { border-radius: 4px; padding: .3rem .6rem; font-size: .875rem; }
.verdict { border-left: 4px solid currentColor; border-radius: 4px; padding: .6rem .9rem; margin: 1rem 0; }
.verdict strong { font-size: 1.05rem; }
.verdict ul { margin: .4rem 0 0; padding-left: 1.2rem; color: var(--ink); font-size: .9rem; overflow-wrap: anywhere; }
.lines { display: grid; grid-template-columns: max-content max-content max-content 1fr; gap: 0 1.1rem; font-size: .9rem; }
.lines > div { display: grid; grid-template-columns: subgrid; grid-column: 1 / -1; padding: .4rem 0; border-bottom: 1px solid var(--line); align-items: baseline; }
.lines b { overflow-wrap: anywhere; }
.lines .why { grid-column: 2 / -1; color: var(--dim); font-size: .8125rem; }
.lines .figures { font-variant-numeric: tabular-nums; }
details { margin: .5rem 0; }
summary { cursor: pointer; color: var(--s0); font-size: .9rem; }
figure { margin: .75rem 0 1rem; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { color: var(--dim); font-size: .8125rem; max-width: 46rem; }
.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .8125rem; margin: .25rem 0 .75rem; padding: 0; list-style: none; }
.legend li { display: flex; align-items: center; gap: .4rem; }
.legend svg { width: 26px; height: 10px; flex: none; }
.race { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 1rem; border: 1px solid var(--line); border-radius: 6px; background: var(--panel); padding: .6rem .75rem; font-size: .875rem; }
.race > * { padding: .1rem 0; overflow-wrap: anywhere; }
.race .head { font-weight: 600; border-bottom: 1px solid var(--line); margin-bottom: .3rem; }
.race code { display: block; padding-left: calc(var(--depth) * 1.3ch); }
.race .crash { color: var(--bad); font-weight: 600; }
.strip { display: block; width: 100%; height: 22px; border: 1px solid var(--line); border-radius: 3px; background: var(--panel); }
.strip.tall { height: 60px; }
.strips { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .45rem .75rem; align-items: center; font-size: .875rem; }
.strips .note { grid-column: 2; margin-top: -.35rem; }
.o-oops { fill: var(--bad); background: var(--bad); } .o-corruption { fill: var(--s5); background: var(--s5); } .o-hang { fill: var(--s3); background: var(--s3); }
.o-inconclusive { fill: var(--s7); background: var(--s7); } .o-waited { fill: var(--s0); background: var(--s0); }
.o-refused { fill: var(--s6); background: var(--s6); } .o-ok { fill: var(--good); background: var(--good); }
.key { width: 14px; height: 14px; border-radius: 3px; display: inline-block; flex: none; }
.key, .strip { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.series { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .4rem 1rem; align-items: center; font-size: .875rem; }
.series .note { grid-column: 2; margin: -.1rem 0 .5rem; padding-left: 0; list-style: none; overflow-wrap: anywhere; }
.trends li { margin: .2rem 0; }
.cells { display: flex; flex-wrap: wrap; gap: 2px; align-items: center; }
.cell { width: 12px; height: 20px; border-radius: 2px; display: block; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.cell.change { box-shadow: -3px 0 0 var(--ink); margin-left: 3px; }
.o-other { fill: var(--doubt); background: var(--doubt); }
footer { margin-top: 3rem; color: var(--dim); font-size: .8125rem; }
@media (max-width: 640px) {
  main { padding: 1rem .9rem 3rem; }
  h1 { font-size: 1.3rem; }
  .wide { display: none; } .narrow { display: block; }
  .lines { display: block; }
  .lines > div { display: flex; flex-wrap: wrap; gap: .15rem .75rem; }
  .lines .why, .lines .figures { flex-basis: 100%; }
  .strips { grid-template-columns: minmax(0, 1fr); gap: .2rem; } .strips .note { grid-column: 1; margin: 0 0 .75rem; }
  .series { grid-template-columns: minmax(0, 1fr); gap: .2rem; } .series .note { grid-column: 1; }
  .race { font-size: .75rem; gap: 0 .6rem; padding: .5rem; } .race code { padding-left: calc(var(--depth) * .7ch); }
  pre { font-size: .75rem; }
}
@media print {
  :root { color-scheme: light; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  pre { max-height: none; white-space: pre-wrap; overflow-wrap: anywhere; }
  h2, h3 { break-after: avoid; } figure, .race, tr, .strips > * { break-inside: avoid; }
  summary { color: inherit; list-style: none; }
}
`;
