import { describe, expect, it } from "vitest";

import { actionOf, actLabel, indented, providerSaw, secured } from "./seen";

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

describe("secured", () => {
  const hop = { between: "gateway-provider", cipher: "", certificate: "", where: "" } as const;
  it("tells version, cipher and the beginning of the certificate's digest", () => {
    const tls = { ...hop, tls: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", certificate: "0123456789abcdef" };
    expect(secured(tls)).toEqual({
      text: "TLS 1.3 · TLS_AES_256_GCM_SHA384 · certificate 0123456789ab…",
      title: "0123456789abcdef",
    });
  });
  it("says where a plain connection led", () => {
    expect(secured({ ...hop, tls: "plain", where: "public" }).text).toBe("plain, over a public network");
    expect(secured({ ...hop, tls: "plain", where: "loopback" }).text).toBe("plain, on this machine");
    expect(secured({ ...hop, tls: "https" }).text).toBe("TLS, of a version that is not told");
  });
});

describe("actLabel", () => {
  it("says what was done, and to what", () => {
    expect(actLabel("PUT /api/v1/policies/support/cases")).toEqual({
      what: "saved test cases of",
      of: "support",
    });
    expect(actLabel("POST /api/v1/session/link")).toEqual({ what: "signed in by a link", of: "" });
    expect(actLabel("DELETE /api/v1/reports/rep_1/shares/sh_2").of).toBe("sh_2");
    expect(actLabel("sting users add")).toEqual({ what: "sting users add", of: "" });
    expect(actLabel("POST /api/v1/keys/a/b/c").what).toBe("POST /api/v1/keys/a/b/c");
  });
});

describe("indented", () => {
  it("adds white space only, even to what is cut off", () => {
    const body = String.raw`{"a":[1,90071992547409931],"b":"x: {\"y\", z}","c":{}}`;
    const text = indented(body);
    expect(text.split("\n")[1]).toBe('  "a": [');
    expect(JSON.parse(text)).toEqual(JSON.parse(body));
    expect(text).toContain("90071992547409931");
    for (let end = 0; end <= body.length; end += 1)
      expect(indented(body.slice(0, end)).replaceAll(/\s/g, "")).toBe(
        body.slice(0, end).replaceAll(/\s/g, ""),
      );
    expect(indented("data: {}")).toBe("data: {}");
  });
});

describe("providerSaw", () => {
  it("never claims more than is known", () => {
    expect(providerSaw(event("blocked", "openai", { PERSON: 1 }), POLICY).what).toBe("nothing");
    expect(providerSaw(event("ok", "", { PERSON: 1 }), POLICY).what).toBe("none");
    expect(providerSaw(event("ok", "openai", {}), POLICY).what).toBe("plain");
    expect(providerSaw(event("ok", "openai", { PERSON: 1 }), null).what).toBe("unsure");
    expect(providerSaw(event("ok", "openai", { PERSON: 1 }), POLICY).what).toBe("surrogates");
    expect(providerSaw(event("ok", "openai", { PERSON: 1 }), undefined).what).toBe("waiting");
    expect(providerSaw(event("ok", "openai", { PERSON: 1, DATE_TIME: 2 }), POLICY)).toEqual({
      what: "part",
      by: { surrogates: ["PERSON"], clear: ["DATE_TIME"] },
    });
  });
  it("claims nothing of texts that nobody looked at, nor where rules differ by place", () => {
    expect(providerSaw(event("unscanned", "ollama", {}), POLICY).what).toBe("unscanned");
    const places = { ...POLICY, places: [{ when: { role: "tool" }, entities: { PERSON: "keep" } }] };
    expect(providerSaw(event("ok", "openai", { PERSON: 1 }), places)).toEqual({ what: "places", by: {} });
    expect(providerSaw(event("ok", "openai", { PERSON: 1 }), { ...POLICY, places: [] }).what).toBe(
      "surrogates",
    );
  });
  it("calls nothing a surrogate that is none", () => {
    for (const [action, sight] of Object.entries({
      redact: "removed",
      mask: "ends",
      hash: "digests",
      generalize: "coarse",
    })) {
      const policy = { entities: { PERSON: { action: "realistic" }, AGE: { action } } };
      expect(providerSaw(event("ok", "openai", { PERSON: 1, AGE: 2 }), policy)).toEqual({
        what: "changed",
        by: { surrogates: ["PERSON"], [sight]: ["AGE"] },
      });
      expect(providerSaw(event("ok", "openai", { AGE: 2 }), policy).what).toBe("changed");
    }
    const later = { entities: { AGE: { action: "an action of a later version" } } };
    expect(providerSaw(event("ok", "openai", { AGE: 2 }), later).what).toBe("part");
  });
});
