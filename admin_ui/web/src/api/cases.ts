import { api } from "./client";
import type { Schemas } from "./schemas";

export type Case = Schemas["Case"];
export type CaseResult = Schemas["CaseResult"];

const at = (name: string) => `/policies/${encodeURIComponent(name)}/cases`;

export async function getCases(name: string): Promise<{ items: Case[]; etag: string }> {
  const response = await api.raw("GET", at(name));
  const { items } = (await response.json()) as Schemas["Cases"];
  return { items, etag: response.headers.get("etag") ?? "" };
}

export const saveCases = (name: string, items: readonly Case[], etag: string) =>
  api.put<Schemas["Cases"]>(at(name), { items }, { "If-Match": etag });

/** What becomes of cases: those that are kept or others, under the policy as it is kept or under a draft. */
export const runCases = (name: string, body: { yaml?: string; items?: readonly Case[] }) =>
  api.post<Schemas["CaseResults"]>(`${at(name)}/run`, body).then((answer) => answer.items);
