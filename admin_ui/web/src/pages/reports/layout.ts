import type { Block } from "../../api/reports";

const MANY_COLUMNS = 6;

function narrow(block: Block): boolean {
  if (block.kind === "table") return block.table.columns.length < MANY_COLUMNS;
  // A heat map is a table: it has as many columns as its days or hours.
  if (block.kind === "chart") return block.chart.spec !== "heatmap";
  return block.kind === "callout";
}

/** Which blocks stand beside each other where the page is wide: charts, small tables and remarks, two of a kind. */
export function paired(blocks: readonly Block[]): boolean[] {
  const found = blocks.map(() => false);
  for (let at = 0; at + 1 < blocks.length; at += 1) {
    const [one, two] = [blocks[at], blocks[at + 1]];
    if (!one || !two || one.kind !== two.kind || !narrow(one) || !narrow(two)) continue;
    found[at] = found[at + 1] = true;
    at += 1;
  }
  return found;
}
