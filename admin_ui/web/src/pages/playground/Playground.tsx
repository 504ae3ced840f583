import { Button, Card, Group, Select, SimpleGrid, Stack, Text, Textarea, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";

import { useModelNames, usePolicyNames } from "../../api/names";
import { ask } from "../../api/playground";
import { useKept } from "../../logic/drafts";
import { originalsOf, putBack, tokens } from "../../logic/spans";
import { Empty, Failure, Loading, Page } from "../../parts/Page";
import { Highlight } from "../../parts/Types";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { type ExampleName, EXAMPLES } from "./examples";
import { Side, useFindings, useLeaving } from "./Side";
import { Why } from "./Why";

const words = texts.playground;

interface Filled {
  text: string;
  policy: string | null;
  other: string | null;
  model: string | null;
}
const EMPTY: Filled = { text: "", policy: null, other: null, model: null };

interface AnswerProps {
  text: string;
  policy: string;
  chosen: string | null;
  onModel: (model: string | null) => void;
}

function Answer({ text, policy, chosen, onModel }: AnswerProps) {
  const models = useModelNames();
  const model = chosen ?? models[0] ?? "";
  const asked = useMutation({ mutationFn: () => ask(text, policy, model), gcTime: 0 });
  const known = originalsOf(text, useFindings(text, policy).data ?? [], useLeaving(text, policy).data ?? "");
  return (
    <Card>
      <Group justify="space-between" mb="sm" align="flex-end">
        <Title order={2}>{words.back}</Title>
        <Group gap="xs">
          <Select
            aria-label={words.model}
            data={models}
            value={model || null}
            onChange={onModel}
            size="sm"
            w={190}
            searchable
            allowDeselect={false}
          />
          <Button
            onClick={() => asked.mutate()}
            loading={asked.isPending}
            disabled={!text.trim() || !model}
            leftSection={<Icon name="play" size={16} />}
          >
            {words.ask}
          </Button>
        </Group>
      </Group>
      {asked.error && <Failure error={asked.error} />}
      {asked.isPending && <Loading />}
      {asked.data ? (
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          <div>
            <Text size="sm" fw={600} mb={4}>
              {words.answerRaw}
            </Text>
            <div className="mono">
              <Highlight text={asked.data.received} spans={tokens(asked.data.received)} />
            </div>
          </div>
          <div data-testid="restored">
            <Text size="sm" fw={600} mb={4}>
              {words.answerRestored}
            </Text>
            <Highlight
              text={asked.data.restored}
              spans={putBack(asked.data.received, asked.data.restored, known)}
            />
          </div>
        </SimpleGrid>
      ) : (
        !asked.isPending &&
        !asked.error && (
          <Text c="dimmed" size="sm">
            {words.noAnswer}
          </Text>
        )
      )}
    </Card>
  );
}

/** A text under one policy or two: findings, what would leave, and a model's answer. Kept in memory only. */
export default function Playground() {
  const policies = usePolicyNames();
  const [filled, set] = useKept("playground", EMPTY);
  const { text, policy: chosen, other, model } = filled;
  const [typed] = useDebouncedValue(text, 250);
  const policy = chosen ?? (policies.includes("balanced") ? "balanced" : (policies[0] ?? ""));
  return (
    <Page title={words.title} lead={words.lead}>
      <Card>
        <Group mb="sm" gap="sm" align="flex-end">
          <Select
            label={words.policy}
            data={policies}
            value={policy || null}
            onChange={(name) => set({ policy: name, other: name === other ? null : other })}
            allowDeselect={false}
            w={200}
            searchable
          />
          <Select
            label={words.compareWith}
            placeholder={words.noCompare}
            data={policies.filter((name) => name !== policy)}
            value={other}
            onChange={(name) => set({ other: name })}
            clearable
            searchable
            w={200}
          />
        </Group>
        <Group gap={6} mb="sm">
          <Text size="sm" c="dimmed">
            {words.tryExample}
          </Text>
          {(Object.keys(EXAMPLES) as ExampleName[]).map((name) => (
            <Button key={name} size="xs" variant="default" onClick={() => set({ text: EXAMPLES[name] })}>
              {words.examples[name]}
            </Button>
          ))}
        </Group>
        <Textarea
          label={words.text}
          placeholder={words.placeholder}
          value={text}
          onChange={(event) => set({ text: event.currentTarget.value })}
          autosize
          minRows={5}
          maxRows={16}
          autoComplete="off"
          spellCheck={false}
        />
      </Card>
      {typed.trim() ? (
        <>
          <SimpleGrid cols={{ base: 1, lg: other ? 2 : 1 }} spacing="lg">
            {[policy, ...(other ? [other] : [])].map((name) => (
              <Stack key={name}>
                {other && (
                  <Title order={2} c="dimmed">
                    {name}
                  </Title>
                )}
                <Side text={typed} policy={name} other={other ? (name === policy ? other : policy) : null} />
              </Stack>
            ))}
          </SimpleGrid>
          <Why text={typed} policy={policy} />
          <Answer text={typed} policy={policy} chosen={model} onModel={(name) => set({ model: name })} />
        </>
      ) : (
        <Card>
          <Empty icon="flask" title={words.emptyTitle} body={words.lead} />
        </Card>
      )}
    </Page>
  );
}
