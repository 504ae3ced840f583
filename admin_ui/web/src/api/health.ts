import { api } from "./client";
import type { components } from "./types";

export type Health = components["schemas"]["Health"];

export function fetchHealth(): Promise<Health> {
  return api.get<Health>("/health");
}

/** One word and one colour for the whole; what is broken stands in the detail. */
export function healthSummary(health: Health | undefined, failed: boolean) {
  if (failed) return { colour: "red", label: "No connection", detail: "The console does not answer" };
  if (!health) return { colour: "gray", label: "…", detail: "" };
  const broken = health.parts.filter((part) => !part.ok).map((part) => part.name);
  if (broken.length) return { colour: "red", label: "Needs attention", detail: broken.join(", ") };
  return { colour: "teal", label: "Protecting", detail: "Every part of the installation answers" };
}
