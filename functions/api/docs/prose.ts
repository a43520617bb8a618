/** @file The little markup that descriptions use: paragraphs, `code` and **bold**. */
import { html, raw } from 'hono/html';

export function prose(text: string, kind: 'block' | 'inline' = 'block') {
  if (kind === 'inline') return inline(text);
  const paragraphs = text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== '');
  return html`${paragraphs.map((paragraph) => html`<p>${inline(paragraph)}</p>`)}`;
}

function inline(text: string) {
  const pieces = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/);
  return html`${pieces.map((piece) => {
    if (piece.startsWith('`')) return html`<code>${piece.slice(1, -1)}</code>`;
    if (piece.startsWith('**')) return html`<strong>${piece.slice(2, -2)}</strong>`;
    return piece === '' ? raw('') : piece;
  })}`;
}

/** A name for an anchor. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
