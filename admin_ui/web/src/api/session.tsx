import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";

import { draftsOf } from "../logic/drafts";
import { finishNow } from "../parts/notify";
import { api, useToken as keepToken } from "./client";
import type { components } from "./types";

export type Role = "viewer" | "auditor" | "editor" | "admin";
export type Me = components["schemas"]["Me"];
type Answer = components["schemas"]["SessionAnswer"];

export function useSession() {
  return useQuery({
    queryKey: ["session"],
    queryFn: async () => {
      const { user, csrf } = await api.get<Answer>("/session");
      keepToken(csrf);
      draftsOf(user.id);
      return user;
    },
    retry: false,
    staleTime: Infinity,
    // Who has signed in again in another tab goes on in this one.
    refetchOnWindowFocus: (query) => (query.state.data ? false : "always"),
  });
}

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("no session");
  return me;
}

/** True when the person has the role, or is admin. */
export function useRole(role: Role): boolean {
  const { roles } = useMe();
  return role === "viewer" || roles.includes(role) || roles.includes("admin");
}

/** Ends the session and drops everything that was fetched with it. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await finishNow();
    await api.remove("/session").catch(() => undefined);
    client.clear();
    draftsOf(null);
    window.location.assign("/");
  };
}
