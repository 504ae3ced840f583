import { describe, expect, it } from "vitest";

import { actionOf, providerSaw } from "./seen";

const POLICY = {
  entities: { PERSON: { action: "scramble" }, DATE_TIME: { action: "observe" } },
  default: { action: "redact" },
};
const event = (outcome: string, provider: string, entities: Record<string, number>) => ({
  outcome,
  provider,
  entities,
});

describe("actionOf", () => {
  it("falls back to the policy's default", () => {
    expect([actionOf(POLICY, "PERSON"), actionOf(POLICY, "OTHER")]).toEqual(["scramble", "redact"]);
  });
});

describe("providerSaw", () => {
  it("never claims more than is known", () => {
    expect(providerSaw(event("blocked", "openai", { PERSON: 1 }), POLICY).what).toBe("nothing");
    expect(providerSaw(event("ok", "", { PERSON: 1 }), POLICY).what).toBe("none");
    expect(providerSaw(event("ok", "openai", {}), POLICY).what).toBe("plain");
    expect(providerSaw(event("ok", "openai", { PERSON: 1 }), null).what).toBe("unsure");
    expect(providerSaw(event("ok", "openai", { PERSON: 1 }), POLICY).what).toBe("surrogates");
    expect(providerSaw(event("ok", "openai", { PERSON: 1, DATE_TIME: 2 }), POLICY)).toEqual({
      what: "part",
      types: ["DATE_TIME"],
    });
  });
});
