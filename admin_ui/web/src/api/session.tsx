import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";

import { api, useToken as keepToken } from "./client";

export type Role = "viewer" | "auditor" | "editor" | "admin";

export interface Me {
  id: string;
  name: string;
  email: string;
  tenant: string;
  roles: Role[];
  csrf: string;
}

/** The server's answer, whatever names it uses for the parts, as one shape. */
export function readSession(raw: Record<string, unknown>): Me {
  const user = (raw.user && typeof raw.user === "object" ? raw.user : raw) as Record<string, unknown>;
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    id: text(user.id) || text(raw.user),
    name: text(user.name) || text(user.email),
    email: text(user.email),
    tenant: text(user.tenant) || text(raw.tenant),
    roles: (Array.isArray(user.roles) ? user.roles : []) as Role[],
    csrf: text(raw.csrf_token) || text(raw.csrf),
  };
}

export function useSession() {
  return useQuery({
    queryKey: ["session"],
    queryFn: async () => {
      const me = readSession(await api.get<Record<string, unknown>>("/session"));
      keepToken(me.csrf);
      return me;
    },
    retry: false,
    staleTime: Infinity,
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
    await api.remove("/session").catch(() => undefined);
    client.clear();
    window.location.assign("/");
  };
}
