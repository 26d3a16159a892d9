// SPDX-License-Identifier: GPL-2.0-only
import { html, Markup, trusted } from './markup.ts';
import { STYLE } from './style.ts';

/** Nothing may be loaded and nothing may run, whatever the page holds. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** A whole page: one file that needs nothing else. */
export function page(
  title: string,
  body: Markup,
  { refreshSeconds }: { readonly refreshSeconds?: number } = {},
): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY.replaceAll("'", '&#39;'))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refreshSeconds === undefined ? null : html`<meta http-equiv="refresh" content="${refreshSeconds}">\n`}<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
  return document.text;
}

/** Something long that one line stands for. */
export function folded(summary: string, content: Markup): Markup {
  return html`<details><summary>${summary}</summary>${content}</details>\n`;
}
