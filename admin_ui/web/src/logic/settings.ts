export interface SettingSection {
  /** Empty: what stands in no section. */
  section: string;
  rows: { name: string; value: string }[];
}

function said(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(said).join(", ") || "–";
  if (typeof value !== "object") return String(value);
  return Object.keys(value).length ? JSON.stringify(value) : "–";
}

function flat(value: object, path: string): SettingSection["rows"] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const here = path ? `${path}.${name}` : name;
    return inner !== null && typeof inner === "object" && !Array.isArray(inner) && Object.keys(inner).length
      ? flat(inner, here)
      : [{ name: here, value: said(inner) }];
  });
}

type Section = Record<string, unknown>;

/** How people sign in and how long things are kept, of all the settings. `oidc`: the issuer, null without one. */
export function keptOf(settings: object) {
  const all = settings as Record<string, Section | undefined>;
  const oidc = all.console?.oidc as { issuer?: string } | null | undefined;
  const scim = all.console?.scim as { token?: unknown } | null | undefined;
  return {
    oidc: oidc?.issuer ?? null,
    scim: Boolean(scim?.token),
    auditDays: Number(all.audit?.retention_days),
    payloads: all.audit?.payloads !== "none",
  };
}

/** Settings as rows to read, what stands alone first, then section by section. */
export function settingRows(settings: object): SettingSection[] {
  const entries = Object.entries(settings) as [string, unknown][];
  const isSection = (value: unknown) => value !== null && typeof value === "object" && !Array.isArray(value);
  const alone = Object.fromEntries(entries.filter(([, value]) => !isSection(value)));
  return [
    { section: "", rows: flat(alone, "") },
    ...entries
      .filter(([, value]) => isSection(value))
      .map(([section, value]) => ({ section, rows: flat(value as object, "") })),
  ].filter(({ rows }) => rows.length > 0);
}
