/** A page that needs nothing else: no network, no script; a browser is told to refuse both. */
import { type Content, Markup, markup } from './markup.ts';
import { pageStyle } from './style.ts';

const policy = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'";

/** The text of the page. */
export function page(title: string, content: Content): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body><main>
${content}
</main></body>
</html>
`.text;
}

/** A table of names and what belongs to them. */
export function factTable(facts: Iterable<readonly [name: string, value: Content]>): Markup {
  const rows = [...facts].map(
    ([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  );
  return markup`<table class="facts">${rows}</table>`;
}
