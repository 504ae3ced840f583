import type { Span } from "../logic/spans";
import { api } from "./client";

export interface Finding extends Span {
  score: number;
  detector: string;
  action: string;
}

export interface Scrambled {
  text: string;
  findings: Finding[];
}

export interface Answer {
  raw: string;
  restored: string;
  exchange: string | null;
}

/** What a policy finds in a text. */
export async function analyse(text: string, policy: string, signal?: AbortSignal): Promise<Finding[]> {
  const raw = await api.post<{ findings: Finding[] }>("/playground/analyze", { text, policy }, { signal });
  return raw.findings;
}

/** What would leave under a policy. */
export async function scramble(text: string, policy: string, signal?: AbortSignal): Promise<Scrambled> {
  return api.post<Scrambled>("/playground/scramble", { text, policy }, { signal });
}

/** What a model answers, as it wrote it and with the originals put back. */
export async function ask(text: string, policy: string, model: string): Promise<Answer> {
  return api.post<Answer>("/playground/chat", { text, policy, model });
}
