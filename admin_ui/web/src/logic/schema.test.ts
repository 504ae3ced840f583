import { describe, expect, it } from "vitest";

import { fieldsOf, type Schema, valueOf } from "./schema";

const SCHEMA: Schema = {
  type: "object",
  required: ["host"],
  $defs: { Tls: { type: "string", enum: ["off", "require"] } },
  properties: {
    kind: { const: "postgres" },
    port: { type: "integer", default: 5432 },
    host: { type: "string", title: "Host" },
    password: { anyOf: [{ type: "string", format: "password", writeOnly: true }, { type: "null" }] },
    tls: { $ref: "#/$defs/Tls", default: "require" },
    tables: { type: "array", items: { type: "string" } },
    read_only: { type: "boolean" },
    headers: { type: "object" },
  },
};

describe("fieldsOf", () => {
  it("tells each field's kind, required ones first, constants not at all", () => {
    const fields = fieldsOf(SCHEMA);
    expect(fields[0]?.name).toBe("host");
    expect(Object.fromEntries(fields.map((field) => [field.name, field.kind]))).toEqual({
      host: "text",
      port: "number",
      password: "secret",
      tls: "choice",
      tables: "list",
      read_only: "switch",
      headers: "json",
    });
    expect(fields.find((field) => field.name === "tls")?.choices).toEqual(["off", "require"]);
  });
});

describe("valueOf", () => {
  it("leaves out what is empty and reads JSON", () => {
    const fields = fieldsOf(SCHEMA);
    expect(
      valueOf(fields, { host: "db", port: "", tables: [], read_only: false, headers: '{"a": 1}' }),
    ).toEqual({
      host: "db",
      read_only: false,
      headers: { a: 1 },
    });
  });
});
