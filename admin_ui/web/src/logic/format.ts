const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const dayTime = new Intl.DateTimeFormat("en", {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const dateTime = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return Math.abs(value) >= 1_000_000 ? compact.format(value) : number.format(value);
}

/** Milliseconds as a person reads them. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function money(usd: number | null | undefined): string {
  if (usd === null || usd === undefined || !Number.isFinite(usd)) return "–";
  if (usd === 0) return "$0";
  return usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;
}

export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
}

export function percent(share: number | null | undefined): string {
  return share === null || share === undefined || !Number.isFinite(share)
    ? "–"
    : `${number.format(share * 100)} %`;
}

/** Milliseconds since 1970, seconds since 1970, or an ISO text as a Date; null when it is none. */
export function moment(value: unknown): Date | null {
  if (typeof value === "number" && value > 0) return new Date(value < 1e11 ? value * 1000 : value);
  if (typeof value === "string" && value) {
    const date = new Date(value);
    return Number.isNaN(date.getTime()) ? null : date;
  }
  return null;
}

export function when(value: unknown): string {
  const date = moment(value);
  return date ? dateTime.format(date) : "–";
}

/** As `when`, without the year when it is this one. */
export function whenShort(value: unknown, now: number): string {
  const date = moment(value);
  if (!date) return "–";
  return (date.getFullYear() === new Date(now).getFullYear() ? dayTime : dateTime).format(date);
}

export function ago(value: unknown, now: number): string {
  const date = moment(value);
  if (!date) return "never";
  const seconds = Math.round((now - date.getTime()) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`;
  return dateTime.format(date);
}

const MANY_TIMES = 10;

/** Change against the period before, as "+12 %" or "×13"; null when there is nothing to compare with. */
export function change(now: number, before: number | null | undefined): string | null {
  if (!before) return null;
  if (now >= MANY_TIMES * before) return `×${count(Math.round(now / before))}`;
  const share = Math.round((100 * (now - before)) / before);
  return share ? `${share > 0 ? "+" : "−"}${Math.abs(share)} %` : "±0 %";
}

/** Hours, minutes and seconds that are left, "23:59:58"; never below zero. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
