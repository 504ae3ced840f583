import { texts } from "../texts";
import { inWords } from "./kinds";

/** Who found a value, in words: `known` is "known values", `patterns.us_ssn` "pattern: US SSN". Others stand as they are called. */
export function detectorLabel(detector: string | null | undefined): string {
  if (!detector) return "–";
  const { detectors } = texts.playground;
  const [engine = "", ...rest] = detector.split(".");
  const label = detectors[engine];
  if (!label) return detector;
  const what = inWords(rest.join("_"));
  return what ? `${label}: ${what}` : label;
}
