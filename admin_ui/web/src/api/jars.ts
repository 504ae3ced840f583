import { useQuery } from "@tanstack/react-query";

import type { Schema } from "../logic/schema";
import type { Span } from "../logic/spans";
import { api, upload } from "./client";

export type Access = "metadata" | "preview" | "original" | "use" | "manage";
export type ColumnRole = "identifier" | "quasi_identifier" | "text" | "value";
export type JarKind = "private" | "team" | "public";

export interface JarHead {
  id: string;
  name: string;
  owner: string;
  kind: JarKind;
  description: string;
  tags: string[];
  policy: string | null;
  review_required: boolean;
  retention_days: number | null;
  refresh_minutes: number | null;
  created_at: number;
  changed_at: number;
  version: string;
  values_known: boolean;
  access: Access[];
}
export interface JarItem extends JarHead {
  tables: number;
  rows: number;
}
export interface Column {
  table: string;
  name: string;
  dtype: string;
  role: ColumnRole;
  entity_type: string | null;
  confidence: number;
  share: number;
  found: Record<string, number>;
  reviewed: boolean;
  reviewed_by: string | null;
  version: string;
}
export interface Table {
  name: string;
  rows: number;
  source: string;
  k_anonymity: Record<string, unknown>;
  columns: Column[];
}
export interface Jar extends JarHead {
  tables: Table[];
  sources: {
    id: string;
    kind: string;
    connector: string | null;
    added_by: string;
    created_at: number;
    refreshed_at: number | null;
  }[];
  events: { at: number; person: string; action: string; detail: unknown }[];
  importing: { table: string; rows: number; started_at: number }[];
}
export interface Cell {
  scrambled: string | null;
  findings: (Span & { score: number; action: string })[];
  original: string | null;
}
export interface Preview {
  table: string;
  columns: string[];
  rows: Cell[][];
  total: number;
}
export interface Findings {
  entity_types: { entity_type: string; columns: number; cells: number }[];
  texts: { table: string; column: string; share_with_findings: number; found: Record<string, number> }[];
  k_anonymity: ({ table: string } & Record<string, unknown>)[];
  waiting_for_review: number;
  values_known: boolean;
}
export interface Hit {
  table: string;
  column: string;
  row: number;
  score: number;
  snippet: string;
  original: string | null;
}
export interface Filled {
  state: "done" | "importing";
  jar: string;
  tables?: Record<string, number>;
  set_aside?: Record<string, number>;
  personal_columns?: number;
  columns?: number;
  known?: number | null;
}
export interface Starter {
  name: string;
  title: string;
  about: string;
  policy: string | null;
  tables: { name: string; rows: number; columns: { name: string; role: ColumnRole }[] }[];
}
export interface Connector {
  id: string;
  name: string;
  kind: string;
  created_by: string;
  created_at: number;
  config: Record<string, unknown>;
  secrets: string[];
  version: string;
}
export interface ConnectorKind {
  kind: string;
  schema: Schema;
}
export interface SourceTable {
  name: string;
  columns: { name: string }[];
  rows: number | null;
  exact: boolean;
  note: string;
}

export const jarPath = (name: string, rest = "") => `/jars/${encodeURIComponent(name)}${rest}`;

export function useJars() {
  return useQuery({ queryKey: ["jars"], queryFn: () => api.get<{ items: JarItem[] }>("/jars") });
}

export function useStarters() {
  return useQuery({
    queryKey: ["jar-starters"],
    queryFn: () => api.get<{ items: Starter[] }>("/jar-starters"),
    staleTime: 600_000,
  });
}

export function useJar(name: string) {
  return useQuery({
    queryKey: ["jar", name],
    queryFn: () => api.get<Jar>(jarPath(name)),
    enabled: name !== "",
    refetchInterval: (query) => (query.state.data?.importing.length ? 1_500 : false),
  });
}

export function useConnectors() {
  return useQuery({
    queryKey: ["connectors"],
    queryFn: () => api.get<{ items: Connector[] }>("/connectors"),
  });
}

export function useKinds() {
  return useQuery({
    queryKey: ["connectors", "kinds"],
    queryFn: () => api.get<{ items: ConnectorKind[] }>("/connectors/kinds"),
    staleTime: 600_000,
  });
}

/** Send a file and put it into a jar. */
export async function addFile(jar: string, file: File, onProgress: (share: number) => void): Promise<Filled> {
  const sent = await upload<{ id: string }>("/uploads", file, onProgress);
  return api.post<Filled>(jarPath(jar, "/sources"), { upload: sent.id });
}
