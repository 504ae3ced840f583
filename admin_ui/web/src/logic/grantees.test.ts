import { expect, it } from "vitest";

import { granteeLabel, granteeNamed } from "./grantees";

const PEOPLE = [{ id: "usr_1", name: "Anna", email: "anna@example.com" }];

it("names people and groups in words, and reads those words again", () => {
  for (const grantee of ["*", "role:viewer", "role:auditor", "role:editor", "usr_1", "key_9"])
    expect(granteeNamed(granteeLabel(grantee, PEOPLE), PEOPLE)).toBe(grantee);
  expect(granteeLabel("*", [])).toBe("everybody");
  expect(granteeLabel("usr_1", PEOPLE)).toBe("anna@example.com");
  expect(granteeLabel("usr_2", PEOPLE)).toBe("usr_2");
});

it("takes a name, any case, and what only the server knows", () => {
  expect(granteeNamed(" Every Editor ", [])).toBe("role:editor");
  expect(granteeNamed("anna", PEOPLE)).toBe("usr_1");
  expect(granteeNamed("role:editor", [])).toBe("role:editor");
});
