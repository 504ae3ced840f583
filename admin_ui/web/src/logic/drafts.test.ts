import { expect, test } from "vitest";

import { draftAt, draftsOf, keepDraft } from "./drafts";

test("a draft outlives a new login of the same person, and nobody else sees it", () => {
  draftsOf("usr_anna");
  keepDraft("policy/desk", { text: "name: desk" });
  draftsOf("usr_anna");
  expect(draftAt("policy/desk")).toEqual({ text: "name: desk" });
  expect(draftAt("policy/other")).toBeUndefined();
  draftsOf("usr_ben");
  expect(draftAt("policy/desk")).toBeUndefined();
});

test("what is filled in is kept like a draft, and gone with who filled it in", () => {
  draftsOf("usr_ben");
  keepDraft("playground", { text: "Call Anna Kowalski." }, false);
  draftsOf("usr_ben");
  expect(draftAt("playground")).toEqual({ text: "Call Anna Kowalski." });
  draftsOf(null);
  expect(draftAt("playground")).toBeUndefined();
});

test("a draft is gone when it is saved or given up", () => {
  draftsOf("usr_ben");
  keepDraft("policy/desk", { text: "name: desk" });
  keepDraft("policy/desk", undefined);
  expect(draftAt("policy/desk")).toBeUndefined();
});
