import { useQuery } from "@tanstack/react-query";

import { api, type Page } from "./client";

/** Names of the policies, for choosing one. */
export function usePolicyNames(): string[] {
  const found = useQuery({
    queryKey: ["policies"],
    queryFn: () => api.get<Page<{ name: string }>>("/policies"),
  });
  return found.data?.items.map((policy) => policy.name) ?? [];
}

/** Names under which clients ask for models. */
export function useModelNames(): string[] {
  const found = useQuery({
    queryKey: ["models"],
    queryFn: () => api.get<Page<{ name?: string; id?: string }>>("/models"),
  });
  return found.data?.items.map((model) => model.name ?? model.id ?? "").filter(Boolean) ?? [];
}
