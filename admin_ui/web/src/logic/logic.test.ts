import { describe, expect, it } from "vitest";

import { csv } from "./csv";
import { ago, bytes, change, count, countdown, duration, moment, money } from "./format";
import { COMMON_TYPES, kindOf, typeLabel, typeNamed } from "./kinds";
import { originalsOf, pieces, putBack, tokens } from "./spans";

describe("pieces", () => {
  it("joins to the text again, whatever the spans are", () => {
    const text = "Ä🙂 Anna Smith, anna@example.com";
    const spans = [
      { start: 15, end: 31, entity_type: "EMAIL_ADDRESS" },
      { start: 3, end: 13, entity_type: "PERSON" },
      { start: 3, end: 7, entity_type: "PERSON" },
      { start: 90, end: 99, entity_type: "BAD" },
      { start: 5, end: 5, entity_type: "EMPTY" },
    ];
    const found = pieces(text, spans);
    expect(found.map((piece) => piece.text).join("")).toBe(text);
    expect(found.filter((piece) => piece.span).map((piece) => piece.text)).toEqual([
      "Anna Smith",
      "anna@example.com",
    ]);
  });

  it("counts code points, not UTF-16 units", () => {
    expect(pieces("🙂🙂Bob", [{ start: 2, end: 5, entity_type: "PERSON" }])[1]?.text).toBe("Bob");
  });
});

describe("tokens", () => {
  it("finds the gateway's tokens with their type", () => {
    expect(tokens("🙂 Dear PERSON_K7Q2M9XA, mail EMAIL_ADDRESS_0123ABCD")).toEqual([
      { start: 7, end: 22, entity_type: "PERSON" },
      { start: 29, end: 51, entity_type: "EMAIL_ADDRESS" },
    ]);
  });
  it("takes nothing for a token that is none", () => {
    expect(tokens("PERSON_1 PERSON_K7Q2M9XAZ MAX_CONNECTIONS")).toEqual([]);
  });
});

describe("csv", () => {
  it("quotes, and disarms formulas", () => {
    expect(csv([{ a: 'x "y", z', b: "=1+1", c: -3 }])).toBe('a,b,c\r\n"x ""y"", z",\'=1+1,-3\r\n');
    expect(csv([])).toBe("");
  });
});

describe("formats", () => {
  it("counts down to zero and no further", () => {
    expect(countdown(86_398_001)).toBe("23:59:59");
    expect(countdown(61_000)).toBe("00:01:01");
    expect(countdown(-5)).toBe("00:00:00");
  });

  it("are what a person reads", () => {
    expect([count(1234), count(2_500_000), count(null)]).toEqual(["1,234", "2.5M", "–"]);
    expect([duration(0.25), duration(4.21), duration(850), duration(61_000)]).toEqual([
      "250 µs",
      "4.2 ms",
      "850 ms",
      "1 min 1 s",
    ]);
    expect([money(0), money(0.0012), money(3.456)]).toEqual(["$0", "$0.0012", "$3.46"]);
    expect([bytes(999), bytes(1_500_000)]).toEqual(["999 B", "1.5 MB"]);
    expect([change(12, 10), change(9, 10), change(3, 0)]).toEqual(["+20 %", "−10 %", null]);
    expect([change(88, 7), change(1001, 1000), change(0, 4)]).toEqual(["×13", "±0 %", "−100 %"]);
    expect(ago(1_700_000_000_000, 1_700_000_060_000)).toBe("60 s ago");
    expect(moment(1_700_000_000)?.getTime()).toBe(1_700_000_000_000);
    expect(moment("nonsense")).toBeNull();
  });
});

describe("kinds", () => {
  it("gives a family and a label", () => {
    expect(
      [
        "PERSON",
        "EMAIL_ADDRESS",
        "IP_ADDRESS",
        "LOCATION",
        "US_SSN",
        "CREDIT_CARD",
        "API_KEY",
        "NEW_THING",
      ].map(kindOf),
    ).toEqual(["person", "contact", "contact", "place", "number", "money", "secret", "other"]);
    expect(typeLabel("US_BANK_NUMBER")).toBe("US bank number");
    expect(typeLabel("DATE_TIME")).toBe("Date and time");
  });
});

it("reads a type from its label, from its own name, and from words that nobody knows", () => {
  for (const type of COMMON_TYPES) expect(typeNamed(typeLabel(type), COMMON_TYPES)).toBe(type);
  expect(typeNamed(" e-MAIL ", COMMON_TYPES)).toBe("EMAIL_ADDRESS");
  expect(typeNamed("email_address", [])).toBe("EMAIL_ADDRESS");
  expect(typeNamed("badge no.", [])).toBe("BADGE_NO_");
});

describe("putBack", () => {
  const text = "🙂 Tom Becker, tom@example.org";
  const spans = [
    { start: 2, end: 12, entity_type: "PERSON" },
    { start: 14, end: 29, entity_type: "EMAIL_ADDRESS" },
  ];
  const scrambled = "🙂 PERSON_K7Q2M9XA, EMAIL_ADDRESS_0123ABCD";
  const known = originalsOf(text, spans, scrambled);

  it("marks the originals of an answer", () => {
    expect([...known.values()]).toEqual(["Tom Becker", "tom@example.org"]);
    const restored = "Ä🙂 Tom Becker tom@example.org!";
    const found = putBack("Ä🙂 PERSON_K7Q2M9XA EMAIL_ADDRESS_0123ABCD!", restored, known);
    expect(found.map(({ start, end }) => Array.from(restored).slice(start, end).join(""))).toEqual([
      "Tom Becker",
      "tom@example.org",
    ]);
  });

  it("marks nothing where the texts do not fit", () => {
    expect(originalsOf(text, spans, "🙂 [PERSON], EMAIL_ADDRESS_0123ABCD").size).toBe(0);
    expect(putBack("Dear PERSON_K7Q2M9XA", "Dear PERSON_K7Q2M9XA", known)).toEqual([]);
    expect(putBack("Dear PERSON_ZZZZZZZZ", "Dear Tom Becker", known)).toEqual([]);
  });
});
