import { expect, it } from "vitest";

import { texts } from ".";

const FILES = import.meta.glob<string>(
  ["../**/*.{ts,tsx}", "!../texts/*", "!../api/types.ts", "!../**/*.test.ts"],
  {
    query: "?raw",
    import: "default",
    eager: true,
  },
);
const code = Object.values(FILES).join("\n");
const names = new Set([...code.matchAll(/[.\]{ ,]\s*([A-Za-z_]\w*)/g)].map((match) => match[1]));
const used = (name: string) => names.has(name);

/** A table of texts, or of titles with bodies, that code looks up by a value: `states[state]`, `Object.entries(states)`, `names={states}`. */
function isTable(name: string, value: object): boolean {
  const plain = Object.values(value).every(
    (one) => typeof one === "string" || (one !== null && typeof one === "object" && "title" in one),
  );
  return plain && new RegExp(`\\b${name}\\[|[({]\\s*[\\w.]*\\b${name}\\b,?\\s*[)}]`).test(code);
}

/** Names of texts that stand alone, with their paths. */
function leaves(value: object, path: string): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    inner !== null && typeof inner === "object"
      ? isTable(name, inner)
        ? []
        : leaves(inner, `${path}.${name}`)
      : [[name, `${path}.${name}`] as [string, string]],
  );
}

it("has no sentence that no page shows", () => {
  const unused = leaves(texts, "texts").filter(([name]) => !used(name));
  expect(unused.map(([, path]) => path)).toEqual([]);
});

it("is where every sentence of the pages stands", () => {
  const inMarkup = Object.entries(FILES).flatMap(([path, text]) =>
    [...text.matchAll(/>\s*([A-Z][a-z]+(?: [a-z]+)+[^<>{}=;]*)</g)].map(
      (match) => `${path}: ${match[1] ?? ""}`,
    ),
  );
  expect(inMarkup).toEqual([]);
});
