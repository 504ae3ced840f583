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

const TOKEN_HERE = /[A-Z][A-Z0-9_]*_[0-9A-HJKMNP-TV-Z]{8}/y;

/** Which original each token of a scrambled text stands for; `spans` are what was found in the text. */
export function originalsOf(text: string, spans: readonly Span[], scrambled: string): Map<string, string> {
  const known = new Map<string, string>();
  let at = 0;
  for (const piece of pieces(text, spans)) {
    TOKEN_HERE.lastIndex = at;
    const token = piece.span ? TOKEN_HERE.exec(scrambled)?.[0] : undefined;
    if (token) known.set(token, piece.text);
    else if (!scrambled.startsWith(piece.text, at)) break; // taken out or masked: what follows is not sure
    at += (token ?? piece.text).length;
  }
  return known;
}

/** Where originals stand in an answer that they were put back in. Rather no mark than a wrong one. */
export function putBack(received: string, restored: string, known: ReadonlyMap<string, string>): Span[] {
  const letters = Array.from(received);
  const found: Span[] = [];
  let [at, read, rest] = [0, 0, restored];
  for (const { start, end, entity_type } of tokens(received)) {
    const before = letters.slice(read, start).join("");
    const original = known.get(letters.slice(start, end).join(""));
    if (original === undefined || !rest.startsWith(before + original)) break;
    at += start - read;
    found.push({ start: at, end: at + Array.from(original).length, entity_type });
    at += Array.from(original).length;
    read = end;
    rest = rest.slice(before.length + original.length);
  }
  return found;
}
