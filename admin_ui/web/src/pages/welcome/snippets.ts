export interface Target {
  gateway: string;
  key: string;
  model: string;
  prompt: string;
}

const quoted = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');

/** Lines to paste that send one prompt through the gateway. */
export const SNIPPETS = {
  curl: ({ gateway, key, model, prompt }: Target): string => {
    const body = JSON.stringify({ model, messages: [{ role: "user", content: prompt }] }).replaceAll(
      "'",
      "'\\''",
    );
    return `curl ${gateway}/v1/chat/completions \\\n  -H 'Authorization: Bearer ${key}' \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
  },
  python: ({ gateway, key, model, prompt }: Target): string =>
    `from openai import OpenAI

client = OpenAI(base_url="${gateway}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model="${quoted(model)}",
    messages=[{"role": "user", "content": "${quoted(prompt)}"}],
)
print(answer.choices[0].message.content)`,
  anthropic: ({ gateway, key, model, prompt }: Target): string =>
    `from anthropic import Anthropic

client = Anthropic(base_url="${gateway}", api_key="${key}")
answer = client.messages.create(
    model="${quoted(model)}",
    max_tokens=500,
    messages=[{"role": "user", "content": "${quoted(prompt)}"}],
)
print(answer.content[0].text)`,
  node: ({ gateway, key, model, prompt }: Target): string =>
    `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${gateway}/v1", apiKey: "${key}" });
const answer = await client.chat.completions.create({
  model: "${quoted(model)}",
  messages: [{ role: "user", content: "${quoted(prompt)}" }],
});
console.log(answer.choices[0].message.content);`,
};
export type Language = keyof typeof SNIPPETS;
