import { ActionIcon, Alert, Badge, Button, Card, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type Case, type CaseResult, getCases, runCases, saveCases } from "../../api/cases";
import { useDraft } from "../../logic/drafts";
import { said } from "../../parts/notify";
import { Empty, Failure, Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.policies.cases;

interface RowProps {
  item: Case;
  result: CaseResult | undefined;
  number: number;
  onChange: (item: Case) => void;
  onRemove: () => void;
}

function Row({ item, result, number, onChange, onRemove }: RowProps) {
  return (
    <Card>
      <Group justify="space-between" mb="xs">
        <Group gap="xs">
          <Text fw={600}>{words.number(number)}</Text>
          {result && (
            <Badge color={result.passed ? "teal" : "red"}>
              {result.passed ? words.passed : words.failed}
            </Badge>
          )}
        </Group>
        <ActionIcon
          variant="subtle"
          color="red"
          onClick={onRemove}
          aria-label={`${texts.common.remove}: ${words.number(number)}`}
        >
          <Icon name="trash" size={16} />
        </ActionIcon>
      </Group>
      <div className="two">
        <Textarea
          label={words.text}
          autosize
          minRows={2}
          spellCheck={false}
          value={item.text}
          onChange={(event) => onChange({ ...item, text: event.currentTarget.value })}
        />
        <Textarea
          label={words.expected}
          autosize
          minRows={2}
          spellCheck={false}
          value={item.expected}
          onChange={(event) => onChange({ ...item, expected: event.currentTarget.value })}
        />
      </div>
      {result && !result.passed && (
        <Alert color="red" mt="sm" title={words.became} role="status">
          <div className="mono wrap">{result.shown}</div>
          <Button
            size="compact-sm"
            variant="default"
            mt="xs"
            onClick={() => onChange({ ...item, expected: result.shown })}
          >
            {words.accept}
          </Button>
        </Alert>
      )}
    </Card>
  );
}

function Editing({ name, kept, etag }: { name: string; kept: Case[]; etag: string }) {
  const client = useQueryClient();
  const [draft, setDraft] = useDraft<{ items: Case[]; etag: string }>(`cases/${name}`);
  const items = draft?.items ?? kept;
  const setItems = (next: Case[]) => setDraft({ items: next, etag: draft?.etag ?? etag });
  const [results, setResults] = useState<readonly CaseResult[]>([]);
  const usable = items.filter((item) => item.text.trim());
  const run = useMutation({
    mutationFn: () => runCases(name, { items: usable }),
    onSuccess: setResults,
    gcTime: 0,
  });
  const save = useMutation({
    mutationFn: () => saveCases(name, usable, draft?.etag ?? etag),
    onSuccess: async () => {
      said(words.saved);
      await client.invalidateQueries({ queryKey: ["policy", name, "cases"] });
      setDraft(undefined);
    },
    gcTime: 0,
  });
  const resultOf = (item: Case) =>
    results.find((result) => result.text === item.text && result.expected === item.expected);
  const change = (at: number, item: Case | null) =>
    setItems(items.flatMap((one, index) => (index === at ? (item ? [item] : []) : [one])));
  return (
    <Stack>
      <Text c="dimmed">{words.lead}</Text>
      {!items.length && <Empty icon="check" title={words.none} body={words.noneBody} />}
      {items.map((item, at) => (
        <Row
          key={at}
          item={item}
          number={at + 1}
          result={resultOf(item)}
          onChange={(next) => change(at, next)}
          onRemove={() => change(at, null)}
        />
      ))}
      {(run.error ?? save.error) && <Failure error={run.error ?? save.error} />}
      <Group>
        <Button
          variant="default"
          onClick={() => setItems([...items, { text: "", expected: "" }])}
          leftSection={<Icon name="plus" size={16} />}
        >
          {words.add}
        </Button>
        <Button
          variant="default"
          onClick={() => run.mutate()}
          loading={run.isPending}
          disabled={!usable.length}
          leftSection={<Icon name="play" size={16} />}
        >
          {words.run}
        </Button>
        <Button onClick={() => save.mutate()} loading={save.isPending} disabled={!draft}>
          {texts.common.save}
        </Button>
      </Group>
    </Stack>
  );
}

/** Sentences that a policy must treat as written, run at will and before every save of the policy. */
export function Cases({ name }: { name: string }) {
  const found = useQuery({
    queryKey: ["policy", name, "cases"],
    queryFn: () => getCases(name),
    gcTime: 0,
    retry: false,
  });
  return (
    <Loaded query={found}>
      {({ items, etag }) => <Editing key={name} name={name} kept={items} etag={etag} />}
    </Loaded>
  );
}
