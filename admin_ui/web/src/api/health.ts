import { api } from "./client";
import { texts } from "../texts";
import type { components } from "./types";

const words = texts.health;

export type Health = components["schemas"]["Health"];

export function fetchHealth(): Promise<Health> {
  return api.get<Health>("/health");
}

/** One word and one colour for the whole; what is broken stands in the detail. */
export function healthSummary(health: Health | undefined, failed: boolean) {
  if (failed) return { colour: "red", label: words.noConnection, detail: words.noAnswer };
  if (!health) return { colour: "gray", label: words.asking, detail: "" };
  const broken = health.parts
    .filter((part) => !part.ok)
    .map((part) => texts.settings.health.parts[part.name] ?? part.name);
  if (broken.length) return { colour: "red", label: words.attention, detail: broken.join(", ") };
  return { colour: "teal", label: words.well, detail: words.wellHelp };
}
