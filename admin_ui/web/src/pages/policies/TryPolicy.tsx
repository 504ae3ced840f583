import { Card, Text, Textarea, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { scramble } from "../../api/playground";
import { tokens } from "../../logic/spans";
import { Failure } from "../../parts/Page";
import { Highlight } from "../../parts/Types";
import { texts } from "../../texts";

const words = texts.policies;

/** What the policy does to a text, beside the editor. */
export function TryPolicy({ name }: { name: string; yaml: string; changed: boolean }) {
  const [text, setText] = useState("");
  const [typed] = useDebouncedValue(text, 300);
  const tried = useQuery({
    queryKey: ["playground", "scrambled", name, typed],
    queryFn: ({ signal }) => scramble(typed, name, signal),
    enabled: typed.trim() !== "",
    gcTime: 0,
    retry: false,
  });
  return (
    <Card>
      <Title order={3}>{words.dry}</Title>
      <Text size="xs" c="dimmed" mb="xs">
        {words.dryLead}
      </Text>
      <Textarea
        aria-label={words.dryText}
        placeholder={words.dryText}
        autosize
        minRows={2}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {tried.error && <Failure error={tried.error} />}
      {tried.data && (
        <div className="mono" style={{ marginTop: 10 }}>
          <Highlight text={tried.data.text} spans={tokens(tried.data.text)} />
        </div>
      )}
    </Card>
  );
}
