import { counted } from "./counted";

export const playgroundTexts = {
  title: "Playground",
  lead: "See what is found in a text, what would leave, and what comes back. Nothing you type here is stored.",
  text: "Your text",
  placeholder: "Paste an e-mail, a ticket, a log line …",
  tryExample: "Try an example:",
  examples: {
    support: "Support e-mail",
    health: "Medical note",
    code: "Code with secrets",
    finance: "Bank details",
  },
  policy: "Policy",
  compareWith: "Compare with",
  noCompare: "nothing",
  found: "What is found",
  leaves: "What would leave",
  leavesHelp: "Exactly these characters go to the provider",
  back: "What comes back",
  ask: "Ask the model",
  asking: "The model answers …",
  model: "Model",
  answerRaw: "As the model wrote it",
  answerRestored: "As your application gets it",
  noAnswer: "Ask a model to see its answer with the originals put back.",
  nothing: "Nothing personal was found under this policy.",
  nothingWhy:
    "Is something missing? Its kind may be off in the policy, its score below the threshold, or its word on the allow list. Values that you know can be registered with `sting values`.",
  emptyTitle: "Type a text to begin",
  why: {
    title: "Why was this found, or not?",
    lead: "Type a word or passage of your text as it stands there.",
    passage: "Word or passage",
    ask: "Tell me why",
    absent: "This does not stand in the text",
    absentHelp: "Write it letter by letter as in the text above.",
    unknown: "Nothing takes this for personal data",
    unknownHelp:
      "No recogniser sees anything in it, at any score. If you know the value (a customer's name, a project), register it with `sting values`: it is then found everywhere. A pattern of your own goes under `deny` in a policy.",
    found: (type: string, detector: string, score: string) => `${type}: found by ${detector}, score ${score}`,
    rule: (policy: string, action: string, rule: string) =>
      `The policy ${policy} does “${action}” about it, by its rule for “${rule}”.`,
    not: (type: string, detector: string, score: string) => `${detector} sees ${type} here, score ${score}`,
    below: (policy: string, least: string) =>
      `Not reported: the policy ${policy} wants a score of at least ${least} for this type. Lower it in the policy to find such values.`,
    allowed: (policy: string) => `Not reported: the word is on the allow list of the policy ${policy}.`,
    off: (policy: string) =>
      `Not reported: the policy ${policy} does not use the engine that sees it, or a longer finding has taken its place. Switch the engine on under Detection.`,
  },
  columns: { text: "Text", type: "Type", score: "Score", detector: "Found by", action: "What is done" },
  /** Who finds: engines by their name; what follows a dot is its own recogniser. */
  detectors: {
    known: "known values",
    names: "model of names",
    patterns: "pattern",
    deny: "word list of the policy",
    seen: "same value elsewhere",
    presidio: "Presidio",
    presidio_remote: "Presidio server",
    gliner: "GLiNER model",
    huggingface: "Hugging Face model",
  } as Record<string, string>,
  onlyHere: (policy: string) => `only under ${policy}`,
  summary: (found: number, types: number) => `${counted(found, "finding")} of ${counted(types, "type")}`,
};
