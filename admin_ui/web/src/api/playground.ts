import { api } from "./client";
import type { Schemas } from "./schemas";

export type Finding = Schemas["Finding"];
export type Answer = Schemas["ChatAnswer"];

/** What a policy finds in a text. */
export async function analyse(text: string, policy: string, signal?: AbortSignal): Promise<Finding[]> {
  const found = await api.post<Schemas["AnalyzedTexts"]>(
    "/playground/analyze",
    { texts: [text], policy },
    { signal },
  );
  return found.results[0] ?? [];
}

/** What would leave under a policy. */
export async function scramble(text: string, policy: string, signal?: AbortSignal): Promise<string> {
  const found = await api.post<Schemas["ScrambledTexts"]>(
    "/playground/scramble",
    { texts: [text], policy },
    { signal },
  );
  return found.texts[0] ?? "";
}

/** What a model answers, as it wrote it and with the originals put back. */
export const ask = (text: string, policy: string, model: string) =>
  api.post<Answer>("/playground/chat", { text, policy, model });
