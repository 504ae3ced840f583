/** Which family an entity type belongs to: families carry one colour everywhere in the console. */
export type Kind =
  "person" | "contact" | "place" | "number" | "money" | "secret" | "health" | "time" | "other";

const RULES: [RegExp, Kind][] = [
  [/KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|JWT|PRIVATE|CONNECTION_STRING/, "secret"],
  [/CREDIT|CARD|IBAN|BANK|BIC|SWIFT|CRYPTO|ACCOUNT|ROUTING|MONEY|AMOUNT/, "money"],
  [/MEDICAL|HEALTH|NPI|MRN|NHS|DEA|MBI|DIAGNOSIS|INSURANCE/, "health"],
  [/EMAIL|PHONE|URL|IP_ADDRESS|^IP|MAC|FAX|DOMAIN|HANDLE|USERNAME|DEVICE/, "contact"],
  [/DATE|TIME|AGE|BIRTH/, "time"],
  [/LOCATION|ADDRESS|CITY|STREET|POSTAL|ZIP|COUNTRY|GPE|COORD/, "place"],
  [/PERSON|NAME|NRP|TITLE/, "person"],
  [
    /SSN|PASSPORT|LICEN|TAX|ID$|_ID_|ID_|NUMBER|NINO|TFN|ABN|PESEL|AADHAAR|PAN$|VAT|VIN|PLATE|SERIAL/,
    "number",
  ],
];

export function kindOf(entityType: string): Kind {
  const name = entityType.toUpperCase();
  return RULES.find(([pattern]) => pattern.test(name))?.[1] ?? "other";
}

const CAPITALS = new Set([
  "ID",
  "IP",
  "MAC",
  "IBAN",
  "URL",
  "URI",
  "UUID",
  "SSN",
  "VAT",
  "VIN",
  "PIN",
  "CVV",
  "JWT",
  "API",
  "AWS",
  "GPS",
  "NHS",
  "NPI",
  "DEA",
  "MBI",
  "MRN",
  "BIC",
  "TAN",
  "SIM",
  "IMEI",
  "US",
  "UK",
  "EU",
]);

/** `US_SSN` and `us_ssn` as "US SSN", `postcode_label` as "postcode label": known abbreviations are capitals. */
export function inWords(name: string): string {
  const word = (one: string) => (CAPITALS.has(one.toUpperCase()) ? one.toUpperCase() : one.toLowerCase());
  return name.split("_").map(word).join(" ");
}

/** `EMAIL_ADDRESS` as a person reads it: "E-mail", `DATE_OF_BIRTH`: "Date of birth". Known abbreviations stay. */
export function typeLabel(entityType: string): string {
  const known: Record<string, string> = {
    EMAIL_ADDRESS: "E-mail",
    PHONE_NUMBER: "Phone",
    US_SSN: "US SSN",
    IP_ADDRESS: "IP address",
    NRP: "Group",
    DATE_TIME: "Date and time",
    DATE_PART: "Part of a date",
    IBAN_CODE: "IBAN",
  };
  if (known[entityType]) return known[entityType];
  const text = inWords(entityType);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Entity types for a list to choose from, as people read them. */
export function labelled(types: readonly string[]): string[] {
  return [...new Set(types.map(typeLabel))];
}

/** The entity type that somebody chose or typed: by its label where it is known, else as it stands in capitals. */
export function typeNamed(text: string, known: readonly string[]): string {
  const wanted = text.trim().toLowerCase();
  const found = known.find((type) => typeLabel(type).toLowerCase() === wanted);
  return (
    found ??
    text
      .trim()
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]+/g, "_")
  );
}

/** Entity types that people choose most, to be offered first. */
export const COMMON_TYPES = [
  "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "LOCATION", "DATE_TIME", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "IP_ADDRESS",
  "API_KEY", "PASSWORD", "PRIVATE_KEY", "URL", "MEDICAL_RECORD", "ORGANIZATION",
]; // prettier-ignore
