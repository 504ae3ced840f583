import { useQuery } from "@tanstack/react-query";

import { api } from "./client";
import type { components } from "./types";

export function useAbout() {
  return useQuery({
    queryKey: ["about"],
    queryFn: () => api.get<components["schemas"]["About"]>("/about"),
    staleTime: 600_000,
  });
}
