import { texts } from "../texts";

/** What the server answers when something cannot be done (RFC 9457), with an id that the log knows too. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly id: string | null,
    readonly errors: FieldError[],
  ) {
    super(detail || title);
    this.name = "Problem";
  }
}

export interface FieldError {
  field: string;
  message: string;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Query = Record<string, string | number | boolean | null | undefined>;

interface Options {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const BASE = "/api/v1";
let csrf = "";
let closing = false;
let lost: () => void = () => undefined;

/** The token of the session that every changing request carries; kept in memory only. */
export function useToken(token: string): void {
  csrf = token;
}

/** While a page is closed its requests are sent all the same: browsers drop others. */
export function pageCloses(now: boolean): void {
  closing = now;
}

/** Called when the server no longer knows the session. */
export function onSessionLost(callback: () => void): void {
  lost = callback;
}

export function address(path: string, query: Query = {}): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return `${BASE}${path}${parts.length ? `?${parts.join("&")}` : ""}`;
}

export async function problemOf(response: Response): Promise<Problem> {
  const id = response.headers.get("x-request-id");
  try {
    const body = (await response.json()) as Record<string, unknown>;
    const text = (name: string): string => (typeof body[name] === "string" ? body[name] : "");
    const errors = Array.isArray(body.errors) ? body.errors.map(fieldError) : [];
    return new Problem(
      response.status,
      text("code") || "unknown",
      texts.errors.codes[text("code")] ||
        texts.errors.titles[response.status] ||
        text("title") ||
        response.statusText,
      text("detail"),
      text("incident") || incidentIn(text("detail")) || id,
      errors,
    );
  } catch {
    return new Problem(response.status, "unknown", response.statusText || texts.errors.server, "", id, []);
  }
}

function incidentIn(detail: string): string {
  return /incident ([0-9a-f]{8,})/.exec(detail)?.[1] ?? "";
}

function fieldError(raw: unknown): FieldError {
  const part = (raw ?? {}) as Record<string, unknown>;
  const text = (...names: string[]): string => {
    const found = names.map((name) => part[name]).find((value) => typeof value === "string");
    return typeof found === "string" ? found : "";
  };
  return {
    field: text("field", "path", "loc", "pointer", "place"),
    message: text("message", "msg", "detail"),
  };
}

async function send(method: Method, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  let body: BodyInit | undefined;
  if (options.body instanceof FormData) {
    body = options.body;
  } else if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(options.body);
  }
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      body,
      signal: options.signal,
      credentials: "same-origin",
      cache: "no-store",
      keepalive: closing,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", texts.errors.unreachableTitle, "", null, []);
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    // The server has a page for who waits in line; it stands there until it is this session's turn.
    if (problem.code === "demo_full") window.location.reload();
    const gone = problem.status === 401 || problem.code === "csrf";
    if (gone && !path.startsWith("/session")) lost();
    throw problem;
  }
  return response;
}

async function json<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const response = await send(method, path, options);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
    json<T>("GET", path, { query, signal }),
  post: <T>(path: string, body?: unknown, options?: Options): Promise<T> =>
    json<T>("POST", path, { ...options, body: body ?? {} }),
  put: <T>(path: string, body: unknown, headers?: Record<string, string>): Promise<T> =>
    json<T>("PUT", path, { body, headers }),
  patch: <T>(path: string, body: unknown, headers?: Record<string, string>): Promise<T> =>
    json<T>("PATCH", path, { body, headers }),
  remove: <T>(path: string): Promise<T> => json<T>("DELETE", path),
  /** An answer with its headers, for what carries an ETag or is no JSON. */
  raw: (method: Method, path: string, options: Options = {}): Promise<Response> =>
    send(method, path, options),
};

/**
 * Send one file as the body, with progress from 0 to 1; `fetch` tells nothing while it sends.
 * Its name goes in a header: addresses stand in logs, and a file's name may be a person's.
 */
export function upload<T>(path: string, file: File, onProgress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(path));
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-Sting-File-Name", encodeURIComponent(file.name));
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () =>
      reject(new Problem(0, "unreachable", texts.errors.unreachableTitle, "", null, []));
    request.onload = () => {
      if (request.status < 300) {
        resolve(JSON.parse(request.responseText || "null") as T);
        return;
      }
      void problemOf(new Response(request.responseText, { status: request.status })).then(reject);
    };
    request.send(file);
  });
}
