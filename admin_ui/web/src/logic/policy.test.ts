import { describe, expect, it } from "vitest";

import { lineAt, placesOf, readPolicy, setAt, setDefault, setRule, syntaxErrors } from "./policy";
import { valueAt } from "./policyFields";

const TEXT = `# Ours
name: support  # the desk
extends: balanced
detection:
  languages: [en]
entities:
  PERSON: scramble  # names
  US_SSN: {action: block, min_score: 0.5}
`;

describe("readPolicy", () => {
  it("knows the short and the long form of a rule", () => {
    const form = readPolicy(TEXT);
    expect(form?.entities).toEqual({
      PERSON: { action: "scramble", min_score: 0 },
      US_SSN: { action: "block", min_score: 0.5 },
    });
    expect(form?.own.scope).toBeUndefined();
  });
  it("gives nothing for what is no mapping", () => {
    expect(readPolicy("a: [")).toBeNull();
    expect(readPolicy("- 1")).toBeNull();
    expect(readPolicy("")).toBeNull();
  });
});

describe("places", () => {
  const places = (text: string) => placesOf(readPolicy(text)?.own.places);
  it("come, change and go by their number", () => {
    const first = setAt(TEXT, ["places"], [{ roles: ["system"], default: "keep" }]);
    const second = setAt(first, ["places", "1"], { models: ["gpt-*"], entities: { PERSON: "redact" } });
    expect(places(second)).toMatchObject([
      { roles: ["system"], direction: null, entities: {}, fallback: { action: "keep" } },
      { models: ["gpt-*"], tighten: false, fallback: null, entities: { PERSON: { action: "redact" } } },
    ]);
    const changed = setAt(second, ["places", "1", "entities", "PERSON"], {
      action: "scramble",
      one_way: true,
    });
    expect(places(changed)[1]?.entities.PERSON).toEqual({ action: "scramble", min_score: 0, one_way: true });
    expect(places(setAt(changed, ["places", "0"], undefined)).map((one) => one.models)).toEqual([["gpt-*"]]);
    expect(setAt(first, ["places"], undefined)).toBe(setAt(TEXT, ["cache", "ttl"], undefined));
  });
  it("are none where there is no list", () => {
    expect(placesOf(undefined)).toEqual([]);
    expect(placesOf([null])[0]?.roles).toEqual([]);
  });
});

describe("changes by the form", () => {
  it("keep what nothing restores one-way, whatever the score", () => {
    const rule = { action: "scramble" as const, min_score: 0.5, one_way: true };
    expect(readPolicy(setRule(TEXT, "US_SSN", rule))?.entities.US_SSN).toEqual(rule);
  });
  it("keep comments, order and everything else", () => {
    const changed = setRule(TEXT, "PERSON", { action: "redact", min_score: 0 });
    expect(changed).toContain("# Ours");
    expect(changed).toContain("# the desk");
    expect(changed).toContain("PERSON: redact");
    expect(readPolicy(changed)?.entities.US_SSN).toEqual({ action: "block", min_score: 0.5 });
  });
  it("take a rule out, and an emptied part with it", () => {
    const changed = setRule(setRule(TEXT, "PERSON", null), "US_SSN", null);
    expect(changed).not.toContain("entities");
  });
  it("write lists in one line and drop empty ones", () => {
    expect(setAt(TEXT, ["detection", "languages"], ["en", "de"])).toContain("languages: [ en, de ]");
    expect(setAt(TEXT, ["detection", "languages"], [])).not.toContain("detection");
  });
  it("drop every part that is empty then, and nothing that is not there", () => {
    const deep = setAt(TEXT, ["restore", "tools", "deny"], ["mail_*"]);
    expect(valueAt(readPolicy(deep)?.own, "restore.tools.deny")).toEqual(["mail_*"]);
    const same = setAt(TEXT, ["cache", "ttl"], undefined);
    expect(setAt(deep, ["restore", "tools", "deny"], [])).toBe(same);
    expect(readPolicy(same)).toEqual(readPolicy(TEXT));
  });
  it("write out the short form of a route before they add to it", () => {
    const changed = setAt("route: local\n", ["route", "regions"], ["eu"]);
    expect(readPolicy(changed)?.own.route).toEqual({ local: true, regions: ["eu"] });
    expect(readPolicy("route: local\n")?.own.route).toEqual({ local: true });
  });
  it("keep the style of what is scrambled, and drop it with another action", () => {
    const styled = setDefault(TEXT, { action: "scramble", min_score: 0, style: "realistic" });
    expect(readPolicy(styled)?.fallback.style).toBe("realistic");
    expect(setDefault(styled, { action: "redact", min_score: 0, style: "realistic" })).toContain(
      "default: redact",
    );
  });
  it("leave a text alone that cannot be read", () => {
    expect(setAt("a: [", ["b"], 1)).toBe("a: [");
  });
});

describe("errors", () => {
  it("stand where the text is wrong", () => {
    expect(syntaxErrors("a: [")[0]?.from).toBeGreaterThan(0);
    expect(syntaxErrors(TEXT)).toEqual([]);
  });
  it("of a line stand in that line, also beyond the end", () => {
    const { from, to } = lineAt(TEXT, 2);
    expect(TEXT.slice(from, to)).toBe("name: support  # the desk");
    expect(lineAt("a: 1", 9)).toEqual({ from: 0, to: 4 });
    expect(lineAt("", 1)).toEqual({ from: 0, to: 0 });
  });
});
