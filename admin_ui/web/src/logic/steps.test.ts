import { expect, it } from "vitest";

import { stepLabel } from "./steps";

it("says in words what is being done for a report", () => {
  expect(stepLabel("analyse")).toBe("Computing the figures");
  expect(stepLabel("write:segments")).toBe("Writing the sections");
  expect(stepLabel("bind_pages")).toBe("bind pages");
});
