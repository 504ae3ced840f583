import type { Schemas } from "../../api/schemas";
import { texts } from "../../texts";

type Effective = Record<string, unknown>;
type Hop = Pick<Schemas["HopAnswer"], "between" | "tls" | "cipher" | "certificate" | "where">;

const words = texts.audit.secured;
const SHORT = 12;

/** How one hop was secured, in words; the whole digest of the certificate is in `title`. */
export function secured(hop: Hop): { text: string; title?: string } {
  if (hop.tls === "plain") return { text: words.plain[hop.where] };
  if (hop.tls === "https") return { text: words.https };
  const digest = hop.certificate.replace(/^sha256:/, "");
  const parts = [hop.tls.replace("TLSv", "TLS "), hop.cipher];
  if (digest) parts.push(words.certificate(`${digest.slice(0, SHORT)}…`));
  return { text: parts.filter(Boolean).join(" · "), title: digest || undefined };
}

/** JSON with white space added between its parts. Not one of its own characters changes, however it is cut off. */
export function indented(body: string): string {
  if (!/^\s*[[{]/.test(body)) return body;
  let [out, depth, quoted] = ["", 0, false];
  const line = () => `\n${"  ".repeat(Math.max(0, depth))}`;
  for (let at = 0; at < body.length; at += 1) {
    const char = body.charAt(at);
    if (quoted) {
      out += char === "\\" ? char + body.charAt(++at) : char;
      quoted = char !== '"';
    } else if (char === '"') {
      out += char;
      quoted = true;
    } else if (char === "{" || char === "[") {
      depth += 1;
      out += char + line();
    } else if (char === "}" || char === "]") {
      depth -= 1;
      out += line() + char;
    } else if (char === ",") out += char + line();
    else if (char === ":") out += ": ";
    else if (!/\s/.test(char)) out += char;
  }
  return out;
}

/** A route of ours in words; every other stands as it is. */
export function routeLabel(route: string): string {
  return texts.audit.routes[route] ?? route;
}

/** An act in words, with the name or id of what it was done to; as it stands when no words are known. */
export function actLabel(route: string): { what: string; of: string } {
  const [method = "", path = ""] = route.replace("/api/v1", "").split(" ");
  const parts = path.split("/").slice(1);
  for (const [pattern, what] of Object.entries(texts.acts)) {
    const wanted = pattern.split(/ \/|\//);
    const fits = (part: string, at: number) => wanted[at] === "*" || wanted[at] === part;
    if (wanted.length === parts.length + 1 && [method, ...parts].every(fits)) {
      const named = parts.filter((_, at) => wanted[at + 1] === "*").at(-1);
      return { what, of: named ? decodeURIComponent(named) : "" };
    }
  }
  return { what: route, of: "" };
}

/** What a policy does about a type, as it stands now. */
export function actionOf(effective: Effective, type: string): string {
  const entities = (effective.entities ?? {}) as Record<string, { action?: string } | undefined>;
  const fallback = effective.default as { action?: string } | undefined;
  return entities[type]?.action ?? fallback?.action ?? "scramble";
}

interface Seen {
  /**
   * nothing left · no provider took part · nobody looked · nothing was found · not here yet · not known · surrogates only ·
   * different rules in different places · all changed, not all of them into surrogates · some as they are
   */
  what:
    | "nothing"
    | "none"
    | "unscanned"
    | "plain"
    | "places"
    | "waiting"
    | "unsure"
    | "surrogates"
    | "changed"
    | "part";
  /** What was found, by what the provider saw of it. */
  by: Partial<Record<Sight, string[]>>;
}

type Sight = "surrogates" | "removed" | "ends" | "digests" | "coarse" | "clear";

const SIGHTS: Record<string, Sight> = {
  scramble: "surrogates",
  realistic: "surrogates",
  redact: "removed",
  mask: "ends",
  hash: "digests",
  generalize: "coarse",
};

/**
 * What the provider saw of an exchange. Promises nothing that the record does not show.
 * `effective`: undefined while the policy is being fetched, null when it is gone or was changed since.
 */
export function providerSaw(
  event: { outcome: string; provider: string; entities: Record<string, number> },
  effective: Effective | null | undefined,
): Seen {
  if (event.outcome === "blocked" || event.outcome === "refused") return { what: "nothing", by: {} };
  if (!event.provider) return { what: "none", by: {} };
  if (event.outcome === "unscanned") return { what: "unscanned", by: {} };
  const types = Object.keys(event.entities);
  if (!types.length) return { what: "plain", by: {} };
  if (effective === undefined) return { what: "waiting", by: {} };
  if (!effective) return { what: "unsure", by: {} };
  // The record does not tell in which place each value stood.
  if (Array.isArray(effective.places) && effective.places.length) return { what: "places", by: {} };
  const by: Seen["by"] = {};
  for (const type of types) {
    // An action that this page does not know is taken for none.
    const sight = SIGHTS[actionOf(effective, type)] ?? "clear";
    by[sight] = [...(by[sight] ?? []), type];
  }
  if (by.clear) return { what: "part", by };
  return { what: Object.keys(by).length === 1 && by.surrogates ? "surrogates" : "changed", by };
}
