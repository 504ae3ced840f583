import { Code } from "@mantine/core";

/** A sentence in which what stands between backticks is to be typed as it is: a command, a name of a setting. */
export function Said({ text }: { text: string }) {
  return (
    <>
      {text
        .split("`")
        .map((part, at) => (at % 2 ? <Code key={at}>{part}</Code> : <span key={at}>{part}</span>))}
    </>
  );
}
