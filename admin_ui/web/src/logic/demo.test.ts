import { expect, test } from "vitest";

import { placeOf } from "./demo";

test("a page is counted under its first part", () => {
  expect(placeOf("/reports/rpt_1")).toBe("reports");
  expect(placeOf("/playground")).toBe("playground");
  expect(placeOf("/jars")).toBe("other");
  expect(placeOf("/")).toBe("other");
});
