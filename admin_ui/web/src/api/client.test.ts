import { afterEach, describe, expect, it, vi } from "vitest";

import { address, api, onSessionLost, Problem, useToken } from "./client";

function answers(status: number, body: unknown, headers: Record<string, string> = {}) {
  const sent: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    sent.push({ url, init });
    return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status, headers }));
  });
  return sent;
}

afterEach(() => vi.unstubAllGlobals());

describe("address", () => {
  it("leaves out what is not set and escapes the rest", () => {
    expect(address("/usage", { range: "24h", key: undefined, team: "a&b" })).toBe(
      "/api/v1/usage?range=24h&team=a%26b",
    );
  });
});

describe("api", () => {
  it("sends the session's token with changes only", async () => {
    useToken("t-1");
    const sent = answers(200, {});
    await api.get("/keys");
    await api.post("/keys", { name: "x" });
    expect(new Headers(sent[0]?.init.headers).get("x-csrf-token")).toBeNull();
    expect(new Headers(sent[1]?.init.headers).get("x-csrf-token")).toBe("t-1");
    expect(sent[1]?.init.body).toBe('{"name":"x"}');
  });

  it("says what is taken rather than that it cannot be done", async () => {
    answers(409, { code: "name_taken", title: "Conflict", detail: "There is a jar of this name" });
    await expect(api.post("/jars", {})).rejects.toMatchObject({ title: "This name is taken" });
    answers(409, { code: "decided", title: "Conflict", detail: "" });
    await expect(api.post("/jars", {})).rejects.toMatchObject({ title: "This cannot be done now" });
  });

  it("turns problem details into an error with code, fields and id", async () => {
    answers(
      422,
      { code: "bad", title: "Bad", detail: "Give a name", errors: [{ field: "name", message: "missing" }] },
      { "x-request-id": "req_1" },
    );
    const problem = await api.post("/keys").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({
      status: 422,
      code: "bad",
      detail: "Give a name",
      id: "req_1",
      errors: [{ field: "name", message: "missing" }],
    });
  });

  it("tells when the session is lost, but not for a failed sign-in", async () => {
    const lost = vi.fn();
    onSessionLost(lost);
    answers(401, { code: "no_session" });
    await api.post("/session").catch(() => undefined);
    expect(lost).not.toHaveBeenCalled();
    await api.get("/keys").catch(() => undefined);
    expect(lost).toHaveBeenCalledOnce();
  });

  it("says that the server is away when nothing answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
    await expect(api.get("/keys")).rejects.toMatchObject({ status: 0, code: "unreachable" });
  });

  it("survives an error that is no JSON", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<h1>502</h1>", { status: 502 })));
    await expect(api.get("/keys")).rejects.toMatchObject({ status: 502, code: "unknown" });
  });
});
