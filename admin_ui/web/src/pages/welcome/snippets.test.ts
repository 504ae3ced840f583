import { describe, expect, it } from "vitest";

import { SNIPPETS } from "./snippets";

const TARGET = { gateway: "http://127.0.0.1:8080", key: "sk-sting-x", model: "m", prompt: `She's "here"` };

describe("snippets", () => {
  it("survive quotes in the prompt", () => {
    expect(SNIPPETS.curl(TARGET)).toContain(`She'\\''s \\"here\\"`);
    expect(SNIPPETS.python(TARGET)).toContain(`"She's \\"here\\""`);
  });
  it("all name the gateway and the key", () => {
    for (const make of Object.values(SNIPPETS)) {
      expect(make(TARGET)).toContain("http://127.0.0.1:8080");
      expect(make(TARGET)).toContain("sk-sting-x");
    }
  });
});
