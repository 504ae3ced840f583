import { describe, expect, it } from "vitest";

import { byTemplate, labelled, latencyParts } from "./figures";

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

it("tells per template how many reports ended, failed, and took how long", () => {
  const run = (template: string, state: "done" | "failed" | "running", took: number | null) => ({
    template,
    state,
    started_at: took === null ? null : 1_000,
    finished_at: took === null ? null : 1_000 + took,
  });
  const found = byTemplate([
    run("audit", "done", 900),
    run("insights", "done", 30),
    run("insights", "done", 10),
    run("insights", "failed", 7_000),
    run("insights", "running", null),
  ]);
  expect(found).toEqual([
    { template: "insights", made: 3, failed: 1, median: 10 },
    { template: "audit", made: 1, failed: 0, median: 900 },
  ]);
});

it("splits the time of one request, which the server tells on average", () => {
  const parts = latencyParts({ ms_gateway: 3.4, ms_detect: 1.2, ms_vault: 0.4, ms_upstream: 0.2 });
  expect(parts).toEqual({ upstream: 0.2, detect: 1.2, vault: 0.4, rest: expect.closeTo(1.8) as number });
});
