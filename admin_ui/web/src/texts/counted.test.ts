import { expect, it } from "vitest";

import { texts } from ".";
import { counted } from "./counted";

it("says one thing of one and things of all other counts", () => {
  expect([0, 1, 1204].map((count) => counted(count, "request"))).toEqual([
    "0 requests",
    "1 request",
    "1,204 requests",
  ]);
  expect(counted(1, "column waits", "columns wait")).toBe("1 column waits");
  expect(texts.dashboard.trafficSummary(1, 0)).toBe("1 request, answered.");
  expect(texts.keys.usage.said(1, 0, 1, "$2")).toBe("1 request, 0 of them failed; 1 token; $2");
});
