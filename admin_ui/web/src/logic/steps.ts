import { texts } from "../texts";

/** A step of a report in words: `write:segments` is "Writing the sections". One that nobody knows stands as it is called. */
export function stepLabel(step: string): string {
  return texts.reports.makingSteps[step.split(":")[0] ?? ""] ?? step.replaceAll("_", " ");
}
