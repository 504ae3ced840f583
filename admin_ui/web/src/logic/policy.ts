import { type Document, isCollection, isMap, parseDocument } from "yaml";

export const ACTIONS = [
  "block",
  "redact",
  "mask",
  "hash",
  "generalize",
  "scramble",
  "observe",
  "keep",
] as const;
export type Action = (typeof ACTIONS)[number];

export interface RuleForm {
  action: Action;
  min_score: number;
  /** What scrambling puts there; kept as it stands in the text. */
  style?: string;
  /** Whether nothing restores the token. */
  one_way?: boolean;
}

/** Rules for a part of what passes. */
export interface PlaceForm {
  direction: string | null;
  roles: string[];
  tools: string[];
  models: string[];
  providers: string[];
  tighten: boolean;
  entities: Record<string, RuleForm>;
  fallback: RuleForm | null;
}

/** What the form shows of a policy's YAML. */
export interface PolicyForm {
  description: string;
  extends: string;
  fallback: RuleForm;
  entities: Record<string, RuleForm>;
  /** All of it, for the fields of the sections; what is not there is as in the policy that this one is based on. */
  own: Record<string, unknown>;
}

export interface Place {
  from: number;
  to: number;
  message: string;
}

/** Where the text is no YAML, as offsets for the editor. */
export function syntaxErrors(text: string): Place[] {
  return parseDocument(text).errors.map((error) => ({
    from: error.pos[0],
    to: Math.max(error.pos[1], error.pos[0] + 1),
    message: error.message.split("\n")[0] ?? "not YAML",
  }));
}

function ruleOf(raw: unknown): RuleForm {
  if (typeof raw === "string") return { action: raw as Action, min_score: 0 };
  const rule = (raw ?? {}) as Partial<RuleForm>;
  const style = rule.style ? { style: rule.style } : {};
  const oneWay = rule.one_way ? { one_way: true } : {};
  return { action: rule.action ?? "scramble", min_score: rule.min_score ?? 0, ...style, ...oneWay };
}

const rulesOf = (raw: unknown): Record<string, RuleForm> =>
  Object.fromEntries(Object.entries(raw ?? {}).map(([name, rule]) => [name, ruleOf(rule)]));

/** The places of a policy as its YAML has them. */
export function placesOf(raw: unknown): PlaceForm[] {
  const words = (some: unknown): string[] => (Array.isArray(some) ? some.map(String) : []);
  return (Array.isArray(raw) ? raw : []).map((one: Record<string, unknown> | null) => ({
    direction: one?.direction == null ? null : String(one.direction),
    roles: words(one?.roles),
    tools: words(one?.tools),
    models: words(one?.models),
    providers: words(one?.providers),
    tighten: one?.tighten === true,
    entities: rulesOf(one?.entities),
    fallback: one?.default == null ? null : ruleOf(one.default),
  }));
}

/** The form of a YAML text; null while it cannot be read. */
export function readPolicy(text: string): PolicyForm | null {
  const document = parseDocument(text);
  if (document.errors.length) return null;
  const raw = document.toJS() as Record<string, unknown> | null;
  if (raw === null || typeof raw !== "object" || Array.isArray(raw)) return null;
  return {
    description: String(raw.description ?? ""),
    extends: String(raw.extends ?? ""),
    fallback: ruleOf(raw.default),
    entities: rulesOf(raw.entities),
    own: raw.route === "local" ? { ...raw, route: { local: true } } : raw,
  };
}

/** Take a field out, and each part around it that is empty then. */
function drop(document: Document, path: readonly string[]): void {
  if (!document.hasIn(path)) return;
  document.deleteIn(path);
  const parent = path.slice(0, -1);
  const left = parent.length ? document.getIn(parent) : null;
  if (isMap(left) && left.items.length === 0) drop(document, parent);
}

/** The text with one value set at a path; comments and order stay. `undefined` or an empty list takes the field out. */
export function setAt(text: string, path: readonly string[], value: unknown): string {
  const document = parseDocument(text);
  if (document.errors.length) return text;
  const [first = ""] = path;
  const around = document.get(first);
  // `route: local` is short for `route: {local: true}`
  if (path.length > 1 && around !== undefined && !isCollection(around))
    document.set(first, document.createNode(around === "local" ? { local: true } : {}));
  if (value === undefined || (Array.isArray(value) && value.length === 0)) drop(document, path);
  else document.setIn(path, Array.isArray(value) ? document.createNode(value, { flow: true }) : value);
  return document.toString({ lineWidth: 0 });
}

/** A rule as it is written: in its short form when it has neither threshold nor style. */
export function written(rule: RuleForm): unknown {
  const style = rule.style && rule.action === "scramble" ? { style: rule.style } : {};
  const score = rule.min_score > 0 ? { min_score: rule.min_score } : {};
  const oneWay = rule.one_way && rule.action !== "keep" && rule.action !== "observe" ? { one_way: true } : {};
  const more = { ...score, ...style, ...oneWay };
  return Object.keys(more).length > 0 ? { action: rule.action, ...more } : rule.action;
}

/** Write an entity type's rule, or take it out. */
export function setRule(text: string, entityType: string, rule: RuleForm | null): string {
  if (!rule) return setAt(text, ["entities", entityType], undefined);
  return setAt(text, ["entities", entityType], written(rule));
}

/** Write the rule of every other type. */
export function setDefault(text: string, rule: RuleForm): string {
  return setAt(text, ["default"], written(rule));
}

/** A line of the text (1 is the first) as offsets, to put an error there. */
export function lineAt(text: string, line: number): { from: number; to: number } {
  const lines = text.split("\n");
  const at = Math.min(Math.max(line, 1), lines.length);
  const from = lines.slice(0, at - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return { from, to: Math.max(from + (lines[at - 1]?.length ?? 0), Math.min(from + 1, text.length)) };
}
