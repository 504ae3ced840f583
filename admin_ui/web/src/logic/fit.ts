/** Pixels between two chips, and of a chip beside its words: padding, border, square and the gaps. */
const GAP = 4;
const AROUND = 34;
/** A character of the chips' 12 pixels where nothing can be measured. */
const CHARACTER = 7.5;

const known = new Map<string, number>();
let pen: CanvasRenderingContext2D | null | undefined;

function measured(text: string): number {
  if (pen === undefined) {
    pen = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
    if (pen) pen.font = `bold 12px ${getComputedStyle(document.body).fontFamily}`;
  }
  return pen ? pen.measureText(text).width : text.length * CHARACTER;
}

/** How wide a chip with these words is, in pixels; never less than it is. */
export function chipWidth(text: string): number {
  const found = known.get(text) ?? Math.ceil(measured(text)) + AROUND;
  known.set(text, found);
  return found;
}

/** How many of these widths stand whole in a row of `room` pixels, with `more` pixels for what tells of the others. */
export function fitting(widths: readonly number[], room: number, more: number): number {
  let used = -GAP;
  let fits = 0;
  for (const [at, width] of widths.entries()) {
    used += GAP + width;
    const last = at === widths.length - 1;
    if (used + (last ? 0 : GAP + more) > room) break;
    fits = at + 1;
  }
  return fits;
}
