import { counted } from "./counted";

export const dashboardTexts = {
  title: "Dashboard",
  lead: "What went through the gateway, and what it kept back. Counts only: no text is stored for this page.",
  range: "Time range",
  ranges: { "1h": "Last hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days" } as Record<
    string,
    string
  >,
  live: "Live",
  requests: "Requests",
  protectedItems: "Values protected",
  blocked: "Blocked",
  blockedHelp: "Refused by policy: nothing of them left",
  failedRequests: "Failed",
  restored: "Tokens restored",
  unknown: "Unknown tokens",
  unknownHelp: "Well-formed tokens that were not issued: left as they are, never guessed",
  gateway: "Gateway's share",
  gatewayHelp:
    "What the gateway itself takes of an exchange with a model, the provider's time left out. Half of them take less than this.",
  provider: "Provider's time",
  detect: "Detection",
  vault: "Vault",
  rest: "Rest of the gateway",
  latencyNote: "Average of one exchange with a model. Everything but the provider's time is ours.",
  p95: (time: string) => `19 of 20 below ${time}`,
  noModel: "checks without a model",
  noPolicy: "without a policy",
  failedOf: (count: number) => `${count.toLocaleString("en")} failed for other reasons`,
  unknownOf: (count: number) =>
    count ? counted(count, "unknown, left as it is", "unknown, left as they are") : "none unknown",
  tokens: (given: number, made: number) =>
    `${counted(given, "token")} in, ${made.toLocaleString("en")} out`,
  trafficSummary: (requests: number, failed: number) =>
    requests === 1
      ? `1 request, ${failed ? "refused or failed" : "answered"}.`
      : `${counted(requests, "request")}, ${failed.toLocaleString("en")} of them refused or failed.`,
  noReports: "No report yet.",
  makeReport: "Make the first one",
  cost: "Cost",
  costHelp:
    "From the providers' token counts and your price table; a dash means that a model has no price yet",
  versus: {
    "1h": "vs the hour before",
    "24h": "vs the 24 h before",
    "7d": "vs the 7 days before",
    "30d": "vs the 30 days before",
    "90d": "vs the 90 days before",
  },
  versusHelp: (before: string) => `${before} in the time before`,
  traffic: "Requests over time",
  findings: "Found, by type",
  latency: "Latency: ours and theirs",
  models: "By model",
  teams: "By team",
  keys: "By key",
  policies: "By policy",
  templates: "Reports by template",
  template: "Template",
  made: "Made",
  typical: "Median time",
  jars: "Honey jars",
  jar: "Jar",
  rows: "Rows",
  personal: "Personal cells",
  noJars: "No jar yet.",
  exchanges: "Latest exchanges",
  standing: "Health and queue",
  works: "works",
  broken: "does not work",
  queue: "Queue of reports",
  queued: (waiting: number, running: number, review: number) =>
    [
      `${running} being made`,
      `${waiting} ${waiting === 1 ? "waits" : "wait"} for a worker`,
      ...(review ? [`${review} ${review === 1 ? "waits" : "wait"} for a person's review`] : []),
    ].join(", "),
  reports: "Recent reports",
  noTraffic: "No request in this time",
  noTrafficBody:
    "Point an application at the gateway, or try a text in the playground: it counts as soon as it leaves.",
  start: "Get started",
  playground: "Open the playground",
  kept: "originals that left",
  nothingFound: "Nothing personal was found in this time.",
  series: { ok: "Answered", blocked: "Blocked", failed: "Failed" },
};
