import { describe, expect, it } from "vitest";

import { type Effective, type Found, placesOf, probeOf, whyOf } from "./why";

const EFFECTIVE: Effective = {
  entities: { DATE_TIME: { action: "observe", min_score: 0.8 } },
  default: { action: "scramble", min_score: 0 },
  detection: { engines: ["patterns"], allow: ["Acme"], languages: ["en"] },
};
const TEXT = "😀 Anna met Acme on Monday";
const at = (word: string, entity_type: string, score: number): Found => {
  const [place] = placesOf(TEXT, word);
  return { ...(place ?? { start: 0, end: 0 }), entity_type, score, detector: "x", action: "scramble" };
};
const why = (passage: string, found: Found[], probed: Found[] = found) =>
  whyOf({ text: TEXT, passage, effective: EFFECTIVE, found, probed });

describe("whyOf", () => {
  it("tells each reason apart", () => {
    const anna = at("Anna", "PERSON", 0.9);
    expect(why("nn", [anna])).toEqual({ kind: "found", finding: anna, listed: false });
    expect(why("Anna", [], [anna]).kind).toBe("off");
    expect(why("Acme", [], [at("Acme", "ORGANIZATION", 0.9)]).kind).toBe("allowed");
    expect(why("Monday", [], [at("Monday", "DATE_TIME", 0.6)])).toMatchObject({ kind: "below", least: 0.8 });
    expect(why("met", [anna]).kind).toBe("unknown");
    expect(why("Bob", [anna]).kind).toBe("absent");
    expect(why(" ", [anna]).kind).toBe("absent");
  });

  it("counts characters as the server does", () => {
    expect(placesOf(TEXT, "Anna")).toEqual([{ start: 2, end: 6 }]);
    expect(placesOf("aaa", "aa")).toHaveLength(2);
  });

  it("probes without thresholds, allow list and switched-off engines, and changes no action", () => {
    const probe = JSON.parse(probeOf(EFFECTIVE)) as Effective;
    expect(probe.entities.DATE_TIME).toEqual({ action: "observe", min_score: 0 });
    expect(probe.detection).toEqual({ engines: ["patterns", "names"], allow: [], languages: ["en"] });
  });
});
