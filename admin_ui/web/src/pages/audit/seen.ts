type Effective = Record<string, unknown>;

/** What a policy does about a type, as it stands now. */
export function actionOf(effective: Effective, type: string): string {
  const entities = (effective.entities ?? {}) as Record<string, { action?: string } | undefined>;
  const fallback = effective.default as { action?: string } | undefined;
  return entities[type]?.action ?? fallback?.action ?? "scramble";
}

interface Seen {
  /** nothing left · no provider took part · nothing was found · not known · surrogates only · some as they are */
  what: "nothing" | "none" | "plain" | "unsure" | "surrogates" | "part";
  types: string[];
}

/** What the provider saw of an exchange. Promises nothing that the record does not show. */
export function providerSaw(
  event: { outcome: string; provider: string; entities: Record<string, number> },
  effective: Effective | null,
): Seen {
  if (event.outcome === "blocked" || event.outcome === "refused") return { what: "nothing", types: [] };
  if (!event.provider) return { what: "none", types: [] };
  const types = Object.keys(event.entities);
  if (!types.length) return { what: "plain", types: [] };
  if (!effective) return { what: "unsure", types: [] };
  const open = types.filter((type) => ["keep", "observe"].includes(actionOf(effective, type)));
  return open.length ? { what: "part", types: open } : { what: "surrogates", types: [] };
}
