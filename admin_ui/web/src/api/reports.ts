import { useQuery } from "@tanstack/react-query";

import { api } from "./client";
import type { Schemas } from "./schemas";

export type Run = Schemas["RunView"];
export type Document = Schemas["ReportDocument"];
export type Block = Document["sections"][number]["blocks"][number];
export type Order = Pick<
  Schemas["Order"],
  "template" | "jar" | "level" | "k" | "review" | "roles" | "parameters"
> & {
  title?: string;
  models?: Record<string, string>;
};

export const ENDED = ["done", "failed", "cancelled"];

export function useTemplates() {
  return useQuery({
    queryKey: ["templates"],
    queryFn: () => api.get<Schemas["TemplateView"][]>("/templates"),
    staleTime: 600_000,
  });
}

export function useReports(state?: string | null) {
  return useQuery({
    queryKey: ["reports", state ?? "all"],
    queryFn: () => api.get<Schemas["RunList"]>("/reports", { state, limit: 200 }),
    refetchInterval: (query) =>
      query.state.data?.items.some((run) => !ENDED.includes(run.state)) ? 2_000 : 30_000,
  });
}

/** The title of a template by its name. */
export function useTitle(): (template: string) => string {
  const templates = useTemplates();
  return (name) => templates.data?.find((template) => template.name === name)?.title ?? name;
}
