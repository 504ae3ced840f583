/** One field of a policy beside its rules: where it stands in the YAML, and what sets it. */
export interface PolicyField {
  path: string;
  kind: "switch" | "list" | "number" | "choice";
  /** Of a choice or a list: what can be chosen. Of a switch that is no yes or no: what off and on are written as. */
  values?: readonly string[];
}

export interface PolicySection {
  name: string;
  fields: readonly PolicyField[];
}

/** What the form draws by itself above the sections; the name is the page's. */
export const DRAWN = ["name", "description", "extends", "entities", "default", "places"];

/** What only the YAML says; the form names it. */
export const YAML_ONLY = ["detection.deny", "detection.recognisers"];

const ENGINES = ["patterns", "names", "presidio", "gliner", "huggingface", "presidio_remote"];

/** All other fields of the policy model, as a test on the server's side checks. */
export const SECTIONS: readonly PolicySection[] = [
  {
    name: "detection",
    fields: [
      { path: "detection.engines", kind: "list", values: ENGINES },
      { path: "detection.languages", kind: "list" },
      { path: "detection.regions", kind: "list" },
      { path: "detection.allow", kind: "list" },
    ],
  },
  {
    name: "tokens",
    fields: [
      { path: "scope", kind: "switch", values: ["session", "vault"] },
      { path: "notice", kind: "switch" },
      { path: "session_ttl", kind: "number" },
      { path: "session_ttl_max", kind: "number" },
    ],
  },
  {
    name: "passes",
    fields: [
      { path: "unscannable", kind: "switch", values: ["allow", "refuse"] },
      { path: "on_failure", kind: "switch", values: ["refuse", "local"] },
      { path: "identifiers", kind: "switch", values: ["report", "block"] },
      { path: "websockets", kind: "switch", values: ["refuse", "allow"] },
      { path: "store", kind: "switch", values: ["as asked", "never"] },
      { path: "server_tools.allow", kind: "list" },
      { path: "server_tools.deny", kind: "list" },
    ],
  },
  {
    name: "answers",
    fields: [
      { path: "output", kind: "choice", values: ["off", "report", "redact", "block"] },
      { path: "restore.hosts", kind: "list" },
      { path: "restore.tools.allow", kind: "list" },
      { path: "restore.tools.deny", kind: "list" },
    ],
  },
  {
    name: "route",
    fields: [
      { path: "route.local", kind: "switch" },
      { path: "route.trains_on_data", kind: "switch" },
      { path: "route.regions", kind: "list" },
      { path: "route.retention_days", kind: "number" },
      { path: "route.instead", kind: "list" },
    ],
  },
  {
    name: "hooks",
    fields: [
      { path: "hooks.before", kind: "list" },
      { path: "hooks.after", kind: "list" },
      { path: "hooks.verdict", kind: "choice", values: ["block", "report"] },
      { path: "hooks.window", kind: "number" },
    ],
  },
  {
    name: "cache",
    fields: [
      { path: "cache.ttl", kind: "number" },
      { path: "cache.calls", kind: "choice", values: ["deterministic", "all"] },
    ],
  },
];

/** The value at a path like `restore.hosts`; undefined where nothing stands. */
export function valueAt(whole: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (found, part) =>
        found !== null && typeof found === "object" ? (found as Record<string, unknown>)[part] : undefined,
      whole,
    );
}
