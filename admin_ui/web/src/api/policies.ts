import { api, type Page } from "./client";

export interface PolicyItem {
  name: string;
  description: string;
  builtin: boolean;
  extends: string | null;
  version: number;
}
export interface PolicyAnswer extends PolicyItem {
  yaml: string;
}
export interface Version {
  version: number;
  yaml: string;
  by: string;
  at: number;
  comment: string;
}
export interface Fault {
  field: string;
  message: string;
  line?: number;
}

export const listPolicies = () => api.get<Page<PolicyItem>>("/policies");

export async function getPolicy(name: string): Promise<{ policy: PolicyAnswer; etag: string }> {
  const response = await api.raw("GET", `/policies/${encodeURIComponent(name)}`);
  return { policy: (await response.json()) as PolicyAnswer, etag: response.headers.get("etag") ?? "" };
}

export async function savePolicy(name: string, yaml: string, etag: string | null): Promise<void> {
  await api.put(`/policies/${encodeURIComponent(name)}`, { yaml }, etag ? { "If-Match": etag } : {});
}

export const listVersions = (name: string) =>
  api.get<Page<Version>>(`/policies/${encodeURIComponent(name)}/versions`);

export const rollback = (name: string, version: number) =>
  api.post(`/policies/${encodeURIComponent(name)}/rollback`, { version });

export const lint = (yaml: string) => api.post<{ errors: Fault[] }>("/policies/lint", { yaml });
