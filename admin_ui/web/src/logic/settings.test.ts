import { expect, it } from "vitest";

import { settingRows } from "./settings";

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
        { name: "empty", value: "{}" },
      ],
    },
  ]);
});
