/** Rows as CSV (RFC 4180). A cell that a spreadsheet would run as a formula gets a quote before it. */
export function csv(rows: readonly Record<string, unknown>[]): string {
  const first = rows[0];
  if (!first) return "";
  const names = Object.keys(first);
  const lines = rows.map((row) => names.map((name) => cell(row[name])).join(","));
  return [names.map(cell).join(","), ...lines].join("\r\n") + "\r\n";
}

function cell(value: unknown): string {
  if (typeof value === "number") return String(value);
  const text = value === null || value === undefined ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hand a text to the browser as a file. */
export function saveAs(name: string, text: string, type = "text/csv"): void {
  saveBlob(name, new Blob([text], { type }));
}

export function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
