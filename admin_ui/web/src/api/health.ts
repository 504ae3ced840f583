import { api } from "./client";

export interface Part {
  name: string;
  ok: boolean;
  detail: string;
}

/** Whatever shape the health route has - a map or a list of parts - as a list of parts. */
export function readHealth(raw: unknown): Part[] {
  const body = (raw ?? {}) as Record<string, unknown>;
  const parts = body.parts ?? body.items ?? body.checks ?? body.dependencies ?? body;
  if (Array.isArray(parts))
    return parts.map((part) => one(String((part as { name?: unknown }).name ?? ""), part));
  return Object.entries(parts as Record<string, unknown>)
    .filter(([name]) => name !== "status" && name !== "ok")
    .map(([name, part]) => one(name, part));
}

function one(name: string, raw: unknown): Part {
  if (typeof raw === "boolean") return { name, ok: raw, detail: "" };
  if (typeof raw === "string") return { name, ok: raw === "ok", detail: raw === "ok" ? "" : raw };
  const part = (raw ?? {}) as Record<string, unknown>;
  const status = part.ok ?? part.healthy ?? part.status;
  const detail = part.detail ?? part.message ?? "";
  return { name, ok: status === true || status === "ok", detail: typeof detail === "string" ? detail : "" };
}

export async function fetchHealth(): Promise<Part[]> {
  return readHealth(await api.get<unknown>("/health"));
}

export function healthSummary(parts: Part[] | undefined, failed: boolean, pending: boolean) {
  if (failed) return { colour: "red", label: "No connection", detail: "The console does not answer" };
  if (!parts) return { colour: "gray", label: pending ? "…" : "Unknown", detail: "" };
  const broken = parts.filter((part) => !part.ok).map((part) => part.name);
  if (broken.length) return { colour: "red", label: "Needs attention", detail: broken.join(", ") };
  return { colour: "teal", label: "Protecting", detail: "Gateway, vault and detection answer" };
}
