import { useQuery } from "@tanstack/react-query";

import { api } from "./client";
import { listPolicies } from "./policies";
import type { Schemas } from "./schemas";

export const DEMO_MODEL = "sting-demo";

/** Names of the policies, the default one first. */
export function usePolicyNames(): string[] {
  const found = useQuery({ queryKey: ["policies"], queryFn: listPolicies });
  const items = found.data?.items ?? [];
  return [...items]
    .sort((one, two) => Number(two.is_default) - Number(one.is_default))
    .map((policy) => policy.name);
}

export function useProviders() {
  return useQuery({ queryKey: ["providers"], queryFn: () => api.get<Schemas["Providers"]>("/providers") });
}

/** Names under which clients ask for models: configured ones, and the demo model where it is offered. */
export function useModelNames(): string[] {
  const models = useQuery({ queryKey: ["models"], queryFn: () => api.get<Schemas["Models"]>("/models") });
  const providers = useProviders();
  const named = (models.data?.items ?? []).map((model) => model.name).filter((name) => !name.includes("*"));
  const demo = (providers.data?.items ?? []).some((provider) => provider.kind === "demo");
  return [...new Set([...(demo ? [DEMO_MODEL] : []), ...named])];
}
