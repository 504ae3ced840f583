import { api } from "./client";
import type { Schemas } from "./schemas";

const at = (name: string) => `/policies/${encodeURIComponent(name)}`;

export const listPolicies = () => api.get<Schemas["PolicyHeads"]>("/policies");

export async function getPolicy(name: string): Promise<{ policy: Schemas["PolicyAnswer"]; etag: string }> {
  const response = await api.raw("GET", at(name));
  return {
    policy: (await response.json()) as Schemas["PolicyAnswer"],
    etag: response.headers.get("etag") ?? "",
  };
}

/** Keep a text as the newest version. `etag` is that of the version it was made from, null for a new policy. */
export const savePolicy = (name: string, yaml: string, etag: string | null, note = "") =>
  api.put(at(name), { yaml, note }, etag ? { "If-Match": etag } : {});

export const removePolicy = (name: string, etag: string) =>
  api.raw("DELETE", at(name), { headers: { "If-Match": etag } });

export const listVersions = (name: string) => api.get<Schemas["PolicyVersions"]>(`${at(name)}/versions`);

export async function rollback(name: string, version: number): Promise<void> {
  const { etag } = await getPolicy(name);
  await api.raw("POST", `${at(name)}/rollback`, { body: { version }, headers: { "If-Match": etag } });
}

export const lint = (yaml: string) => api.post<Schemas["LintAnswer"]>("/policies/lint", { yaml });

export const dryRun = (yaml: string, text: string, signal?: AbortSignal) =>
  api
    .post<{ results: Schemas["Finding"][][] }>("/policies/dry-run", { yaml, texts: [text] }, { signal })
    .then((answer) => answer.results[0] ?? []);
