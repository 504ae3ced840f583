import { describe, expect, it } from "vitest";

import { labelled } from "./figures";

describe("labelled", () => {
  it("has a row for every step, failed ones apart", () => {
    const rows = labelled({
      since: 0,
      until: 40,
      step: 10,
      series: [{ at: 10, requests: 5, failed: 2, findings: 0, ms_total: 0, tokens: 0 }],
    });
    expect(rows.map((row) => [row.at, row.ok, row.failed])).toEqual([
      [0, 0, 0],
      [10, 3, 2],
      [20, 0, 0],
      [30, 0, 0],
    ]);
  });
});
