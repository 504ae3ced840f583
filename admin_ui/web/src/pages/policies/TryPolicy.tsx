import { Card, Group, Text, Textarea, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { dryRun } from "../../api/policies";
import { percent } from "../../logic/format";
import { typeLabel } from "../../logic/kinds";
import { Failure } from "../../parts/Page";
import { Highlight, TypeChip } from "../../parts/Types";
import { texts } from "../../texts";

const words = texts.policies;

/** What the text in the editor would do, saved or not. */
export function TryPolicy({ yaml }: { yaml: string }) {
  const [text, setText] = useState("");
  const [typed] = useDebouncedValue(text, 300);
  const [draft] = useDebouncedValue(yaml, 300);
  const tried = useQuery({
    queryKey: ["policies", "dry-run", draft, typed],
    queryFn: ({ signal }) => dryRun(draft, typed, signal),
    enabled: typed.trim() !== "",
    gcTime: 0,
    retry: false,
  });
  return (
    <Card>
      <Title order={2}>{words.dry}</Title>
      <Text size="xs" c="dimmed" mb="xs">
        {words.dryLead}
      </Text>
      <Textarea
        aria-label={words.dryText}
        placeholder={words.dryText}
        autosize
        minRows={2}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {tried.error && <Failure error={tried.error} onRetry={() => void tried.refetch()} />}
      {tried.data && (
        <div style={{ marginTop: 12 }}>
          <Highlight
            text={typed}
            spans={tried.data}
            label={(span) => `${typeLabel(span.entity_type)} · ${percent(span.score)} · ${span.action}`}
          />
          <Group gap={6} mt="sm">
            {tried.data.map((finding) => (
              <TypeChip key={`${finding.start}-${finding.entity_type}`} type={finding.entity_type}>
                {finding.action}
              </TypeChip>
            ))}
          </Group>
        </div>
      )}
    </Card>
  );
}
