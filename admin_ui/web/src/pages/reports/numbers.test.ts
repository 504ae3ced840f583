import { describe, expect, it } from "vitest";

import { factText, numberText, rowsOf } from "./numbers";

describe("figures", () => {
  it("are written as the report writes them", () => {
    expect(numberText(1204, 0, "days")).toBe("1,204 days");
    expect(factText({ value: 17.5, digits: 1, unit: "%" })).toBe("17.5 %");
    expect(factText({ value: "specialist review", digits: 0, unit: "text" })).toBe("specialist review");
  });
});

describe("rowsOf", () => {
  const columns = [{ name: "month" }, { name: "team" }, { name: "tickets" }];
  it("gives one row per x and one number per series", () => {
    const found = rowsOf({
      data: {
        columns,
        rows: [
          ["Jan", "A", 1],
          ["Jan", "B", 2],
          ["Feb", "A", 3],
        ],
      },
      x: "month",
      y: ["tickets"],
      series: "team",
    });
    expect(found).toEqual({
      rows: [
        { x: "Jan", A: 1, B: 2 },
        { x: "Feb", A: 3 },
      ],
      series: ["A", "B"],
    });
  });
  it("does without series", () => {
    expect(rowsOf({ data: { columns, rows: [["Jan", "A", 1]] }, x: "month", y: ["tickets"] })).toEqual({
      rows: [{ x: "Jan", tickets: 1 }],
      series: ["tickets"],
    });
  });
});
