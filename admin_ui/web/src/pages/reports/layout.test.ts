import { expect, it } from "vitest";

import type { Block } from "../../api/reports";
import { paired } from "./layout";

const block = (kind: string, columns = 2, spec = "bars") =>
  ({
    kind,
    chart: { spec },
    table: { columns: Array.from({ length: columns }, () => ({ name: "a" })) },
  }) as unknown as Block;

it("puts two charts, two small tables, two remarks beside each other, and nothing else", () => {
  const kinds = ["paragraph", "chart", "chart", "chart", "table", "table", "callout", "facts", "callout"];
  expect(paired(kinds.map((kind) => block(kind)))).toEqual([
    false, true, true, false, true, true, false, false, false,
  ]); // prettier-ignore
  expect(paired([block("table", 7), block("table"), block("table")])).toEqual([false, true, true]);
  expect(paired([block("chart"), block("chart", 2, "heatmap")])).toEqual([false, false]);
  expect(paired([])).toEqual([]);
});
