import type { Span } from "./spans";

export interface Found extends Span {
  score?: number | null;
  detector?: string | null;
  action: string;
}
interface Rule {
  action: string;
  min_score: number;
}
/** What counts under a policy with everything that it inherits, as the server tells it. */
export interface Effective {
  entities: Record<string, Rule>;
  default: Rule;
  detection: { engines: string[]; allow: string[] } & Record<string, unknown>;
}

export type Why =
  /** Not in the text · found · a rule wants a higher score · on the allow list · its engine is off · nobody's idea */
  | { kind: "absent" | "unknown" }
  | { kind: "found"; finding: Found; listed: boolean }
  | { kind: "below"; finding: Found; least: number }
  | { kind: "allowed"; finding: Found }
  | { kind: "off"; finding: Found };

/** Where a passage stands in a text: every place, as offsets in code points. */
export function placesOf(text: string, passage: string): { start: number; end: number }[] {
  const [points, wanted] = [Array.from(text), Array.from(passage.trim())];
  if (!wanted.length) return [];
  return points.flatMap((_, at) =>
    wanted.every((point, offset) => points[at + offset] === point)
      ? [{ start: at, end: at + wanted.length }]
      : [],
  );
}

/** The same policy without thresholds and allow list, with all engines that need nothing installed. */
export function probeOf(effective: Effective): string {
  const open = (rule: Rule) => ({ ...rule, min_score: 0 });
  return JSON.stringify({
    ...effective,
    name: "probe-of-the-playground",
    extends: null,
    entities: Object.fromEntries(
      Object.entries(effective.entities).map(([type, rule]) => [type, open(rule)]),
    ),
    default: open(effective.default),
    detection: {
      ...effective.detection,
      engines: [...new Set([...effective.detection.engines, "patterns", "names"])],
      allow: [],
    },
  });
}

function best(
  findings: readonly Found[],
  places: readonly { start: number; end: number }[],
): Found | undefined {
  return findings
    .filter((one) => places.some((place) => one.start < place.end && place.start < one.end))
    .sort((one, two) => (two.score ?? 0) - (one.score ?? 0))[0];
}

interface Asked {
  text: string;
  passage: string;
  effective: Effective;
  /** Under the policy, and under its probe. */
  found: readonly Found[];
  probed: readonly Found[];
}

/** Why a passage is found under a policy, or why it is not. */
export function whyOf({ text, passage, effective, found, probed }: Asked): Why {
  const places = placesOf(text, passage);
  if (!places.length) return { kind: "absent" };
  const here = best(found, places);
  if (here) return { kind: "found", finding: here, listed: here.entity_type in effective.entities };
  const there = best(probed, places);
  if (!there) return { kind: "unknown" };
  const rule = effective.entities[there.entity_type] ?? effective.default;
  if ((there.score ?? 0) < rule.min_score) return { kind: "below", finding: there, least: rule.min_score };
  const words = effective.detection.allow.map((word) => word.toLowerCase());
  const value = Array.from(text).slice(there.start, there.end).join("").toLowerCase();
  return { kind: words.includes(value) ? "allowed" : "off", finding: there };
}
