import { expect, it } from "vitest";

import { keptOf, settingRows } from "./settings";

it("makes rows of nested settings", () => {
  const found = settingRows({
    redis: "embedded",
    directory: null,
    gateway: { port: 8080, limits: { body: 5 }, trusted: ["10.0.0.0/8", "::1"], reload: false, empty: {} },
  });
  expect(found).toEqual([
    {
      section: "",
      rows: [
        { name: "redis", value: "embedded" },
        { name: "directory", value: "–" },
      ],
    },
    {
      section: "gateway",
      rows: [
        { name: "port", value: "8080" },
        { name: "limits.body", value: "5" },
        { name: "trusted", value: "10.0.0.0/8, ::1" },
        { name: "reload", value: "no" },
        { name: "empty", value: "–" },
      ],
    },
  ]);
});

it("tells how people sign in and how long things are kept", () => {
  const audit = { retention_days: 30, payloads: "scrambled" };
  expect(keptOf({ audit, console: { oidc: null, scim: { token: null } } })).toEqual({
    oidc: null,
    scim: false,
    auditDays: 30,
    payloads: true,
  });
  const oidc = { issuer: "https://id.example.com" };
  const found = keptOf({
    audit: { ...audit, payloads: "none" },
    console: { oidc, scim: { token: "***" } },
  });
  expect(found).toMatchObject({ oidc: oidc.issuer, scim: true, payloads: false });
});
