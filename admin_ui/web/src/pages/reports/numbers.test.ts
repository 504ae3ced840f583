import { describe, expect, it, test } from "vitest";

import { axisOf, changeText, factText, heatOf, numberText, rowsOf } from "./numbers";

describe("figures", () => {
  it("are written as the report writes them", () => {
    expect(numberText(1204, 0, "days")).toBe("1,204 days");
    expect(factText({ value: 17.5, digits: 1, unit: "%" })).toBe("17.5 %");
    expect(factText({ value: "specialist review", digits: 0, unit: "text" })).toBe("specialist review");
  });
});

it("tells a change with its sign and no more places than the figure has", () => {
  expect(changeText(-23.167, "23.2 %")).toBe("−23.2");
  expect(changeText(1080, "1,200")).toBe("+1,080");
  expect(changeText(0.001, "3.14")).toBe("0");
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
  it("writes days as people do", () => {
    const at = (...days: string[]) =>
      rowsOf({
        data: { columns: [{ name: "day" }, { name: "n" }], rows: days.map((day) => [day, 1]) },
        x: "day",
        y: ["n"],
      }).rows.map((row) => row.x);
    expect(at("2024-01-01", "2024-02-01")).toEqual(["Jan 2024", "Feb 2024"]);
    expect(at("2024-01-01", "2024-01-08")).toEqual(["Jan 1, 2024", "Jan 8, 2024"]);
    expect(at("2024-01-01", "2024-13-01")).toEqual(["2024-01-01", "2024-13-01"]);
    expect(at("2024-01-01")).toEqual(["2024-01-01"]);
  });
  it("does without series", () => {
    expect(rowsOf({ data: { columns, rows: [["Jan", "A", 1]] }, x: "month", y: ["tickets"] })).toEqual({
      rows: [{ x: "Jan", tickets: 1 }],
      series: ["tickets"],
    });
  });
});

describe("heatOf", () => {
  it("puts each number where its row and its column say, in the order that the chart asks for", () => {
    const heat = heatOf({
      data: {
        columns: [{ name: "day" }, { name: "time" }, { name: "orders" }],
        rows: [
          ["Tue", "am", 2],
          ["Mon", "pm", 4],
        ],
      },
      x: "day",
      y: ["time"],
      series: "orders",
      options: { x_order: "Mon|Tue" },
    });
    expect(heat).toEqual({
      across: ["Mon", "Tue"],
      down: [
        { name: "am", cells: [null, 2] },
        { name: "pm", cells: [4, null] },
      ],
      most: 4,
    });
  });
});

test("an axis has the unit that its series share, and none where they differ", () => {
  const columns = [
    { name: "month" },
    { name: "share", unit: "%" },
    { name: "late", unit: "%" },
    { name: "cost", unit: "EUR" },
  ];
  expect(axisOf({ data: { columns }, y: ["share", "late"] })(12.345)).toBe("12.35 %");
  expect(axisOf({ data: { columns }, y: ["share", "cost"] })(1200)).toBe("1,200");
});
