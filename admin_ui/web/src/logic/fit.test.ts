import { describe, expect, it } from "vitest";

import { fitting } from "./fit";

describe("fitting", () => {
  it("takes what stands whole, and leaves room for what tells of the others", () => {
    expect(fitting([50, 50, 50], 158, 30)).toBe(3);
    expect(fitting([50, 50, 50], 157, 30)).toBe(2);
    expect(fitting([50, 50, 50], 137, 30)).toBe(1);
    expect(fitting([50], 49, 30)).toBe(0);
    expect(fitting([], 0, 30)).toBe(0);
  });
});
