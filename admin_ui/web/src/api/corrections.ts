import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api } from "./client";
import type { Schemas } from "./schemas";

export type Correction = Schemas["CorrectionAnswer"];
export type Decision = "approve" | "reject" | "undo";
const at = (id: string) => `/corrections/${encodeURIComponent(id)}`;

export function useCorrections() {
  return useQuery({
    queryKey: ["corrections"],
    queryFn: () => api.get<Schemas["CorrectionList"]>("/corrections").then((found) => found.items),
  });
}

/** With its word, which is an audited act: fetched when asked for, dropped when nobody looks. */
export function useWord(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ["correction", id],
    queryFn: () => api.get<Schemas["WholeCorrection"]>(at(id)),
    enabled: wanted,
    gcTime: 0,
    retry: false,
  });
}

export function usePropose() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Omit<Schemas["Proposal"], "entity_type" | "policy"> & Partial<Schemas["Proposal"]>) =>
      api.post<Correction>("/corrections", body),
    onSuccess: () => client.invalidateQueries({ queryKey: ["corrections"] }),
    gcTime: 0,
  });
}

/** Decides; refused when somebody else has decided meanwhile. */
export function useDecide() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ correction, decision }: { correction: Correction; decision: Decision }) =>
      api.post<Correction>(`${at(correction.id)}/${decision}`, undefined, {
        headers: { "If-Match": `"${correction.version}"` },
      }),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["corrections"] });
      await client.invalidateQueries({ queryKey: ["correction"] });
      await client.invalidateQueries({ queryKey: ["policies"] });
      await client.invalidateQueries({ queryKey: ["policy"] });
    },
  });
}
