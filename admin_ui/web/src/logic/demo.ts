const PLACES = ["playground", "policies", "reports", "audit"] as const;

/** The page that a visitor speaks of, as the console counts them. */
export function placeOf(path: string): (typeof PLACES)[number] | "other" {
  return PLACES.find((place) => path.startsWith(`/${place}`)) ?? "other";
}
