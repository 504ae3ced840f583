import { describe, expect, it } from "vitest";

import { detectorLabel } from "./detectors";

describe("detectorLabel", () => {
  it("says in words who found a value", () => {
    expect(detectorLabel("known")).toBe("known values");
    expect(detectorLabel("names")).toBe("model of names");
    expect(detectorLabel("deny")).toBe("word list of the policy");
    expect(detectorLabel("patterns.us_ssn")).toBe("pattern: US SSN");
    expect(detectorLabel("patterns.postcode_label")).toBe("pattern: postcode label");
    expect(detectorLabel("presidio")).toBe("Presidio");
  });

  it("leaves what it does not know as it is called", () => {
    expect(detectorLabel("badge_numbers")).toBe("badge_numbers");
    expect(detectorLabel("")).toBe("–");
    expect(detectorLabel(null)).toBe("–");
  });
});
