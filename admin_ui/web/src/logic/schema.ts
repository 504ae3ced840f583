/** The part of JSON Schema that the forms understand: flat objects of texts, numbers, switches, choices and lists. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  allOf?: Schema[];
  oneOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  default?: unknown;
  format?: string;
  writeOnly?: boolean;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  examples?: unknown[];
}

export type FieldKind = "text" | "secret" | "number" | "switch" | "choice" | "list" | "json";

export interface Field {
  name: string;
  label: string;
  help: string;
  kind: FieldKind;
  required: boolean;
  choices: string[];
  fallback: unknown;
  example: string;
}

function resolved(schema: Schema, root: Schema): Schema {
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    const target = root.$defs?.[name];
    return target ? { ...resolved(target, root), ...without(schema) } : schema;
  }
  const parts = (schema.anyOf ?? schema.oneOf ?? schema.allOf)?.filter((part) => part.type !== "null");
  if (parts?.length === 1 && parts[0]) return { ...resolved(parts[0], root), ...without(schema) };
  return schema;
}

function without(schema: Schema): Schema {
  return Object.fromEntries(
    Object.entries(schema).filter(([name]) => !["$ref", "anyOf", "oneOf", "allOf"].includes(name)),
  );
}

function kindOf(schema: Schema, name: string): FieldKind {
  if (schema.enum) return "choice";
  if (schema.format === "password" || schema.writeOnly || /password|secret|token$/.test(name))
    return "secret";
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (type === "boolean") return "switch";
  if (type === "integer" || type === "number") return "number";
  if (type === "array" && (schema.items?.type ?? "string") === "string") return "list";
  if (type === "string" || type === undefined) return schema.anyOf || schema.oneOf ? "json" : "text";
  return "json";
}

/** The fields of a schema's object, required ones first. */
export function fieldsOf(schema: Schema): Field[] {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {})
    .filter(([, part]) => part.const === undefined)
    .map(([name, part]): Field => {
      const whole = resolved(part, schema);
      const label = (part.title ?? name).replaceAll("_", " ");
      return {
        name,
        label: label.charAt(0).toUpperCase() + label.slice(1),
        help: whole.description ?? "",
        kind: kindOf(whole, name),
        required: required.has(name),
        choices: (whole.enum ?? []).map(String),
        fallback: whole.default,
        example: whole.examples?.[0] === undefined ? "" : String(whole.examples[0]),
      };
    });
  return [...fields.filter((field) => field.required), ...fields.filter((field) => !field.required)];
}

/** What the form holds as the object to send: empty fields are left out, texts of JSON fields are read. */
export function valueOf(fields: readonly Field[], form: Record<string, unknown>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const field of fields) {
    const value = form[field.name];
    if (value === undefined || value === null || value === "") continue;
    if (Array.isArray(value) && value.length === 0) continue;
    found[field.name] = field.kind === "json" && typeof value === "string" ? parsed(value) : value;
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
