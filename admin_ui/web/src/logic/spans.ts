/** One finding as the playground shows it; offsets count Unicode code points, as the server does. */
export interface Span {
  start: number;
  end: number;
  entity_type: string;
}

export interface Piece<T extends Span> {
  text: string;
  span: T | null;
}

/** Cut a text at its findings. Overlaps: the one that begins first, then the longer one, wins; bad offsets are dropped. */
export function pieces<T extends Span>(text: string, spans: readonly T[]): Piece<T>[] {
  const points = Array.from(text);
  const sorted = spans
    .filter((span) => span.start >= 0 && span.end <= points.length && span.start < span.end)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const found: Piece<T>[] = [];
  let at = 0;
  for (const span of sorted) {
    if (span.start < at) continue;
    if (span.start > at) found.push({ text: points.slice(at, span.start).join(""), span: null });
    found.push({ text: points.slice(span.start, span.end).join(""), span });
    at = span.end;
  }
  if (at < points.length) found.push({ text: points.slice(at).join(""), span: null });
  return found;
}

const TOKEN = /\b([A-Z][A-Z0-9_]*)_([0-9A-HJKMNP-TV-Z]{8})\b/g;

/** Where the gateway's tokens (`PERSON_K7Q2M9XA`) stand in a text, as spans of their type. */
export function tokens(text: string): Span[] {
  const found: Span[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const start = Array.from(text.slice(0, match.index)).length;
    found.push({ start, end: start + match[0].length, entity_type: match[1] ?? "" });
  }
  return found;
}
