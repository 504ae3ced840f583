import {
  Alert,
  Badge,
  Button,
  Card,
  Group,
  Menu,
  Select,
  Spoiler,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import { usePolicyNames } from "../../api/names";
import type { Run } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { COMMON_TYPES, typeLabel } from "../../logic/kinds";
import { failed, said } from "../../parts/notify";
import { Framed } from "../../parts/Framed";
import { Loaded } from "../../parts/Page";
import { kindStyle, TypeChip } from "../../parts/Types";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.reports.reviewing;
type Preview = Schemas["PreviewView"];
type Prompt = Schemas["PromptPreview"];
type Mark = Schemas["MarkBody"];

interface PartProps {
  part: Schemas["PromptPart"];
  /** Called with a token that stands for nothing personal; absent for who may only look. */
  onWrong?: (token: string) => void;
}

function Part({ part, onWrong }: PartProps) {
  const type = part.entity_type;
  if (type === null) return <span>{part.text}</span>;
  const style = kindStyle(type);
  if (part.redacted || !onWrong)
    return (
      <mark className="found" style={style}>
        {part.text}
      </mark>
    );
  return (
    <button
      type="button"
      className="token"
      title={words.wrongHelp}
      aria-label={words.wrong(part.text)}
      onClick={() => onWrong(part.text)}
    >
      <mark className="found" style={style}>
        {part.text}
      </mark>
    </button>
  );
}

interface SectionProps {
  prompt: Prompt;
  busy: boolean;
  onMark?: (mark: Mark) => void;
}

/** One prompt in pieces, and the form that marks what was missed in it; selected text goes into the form. */
function Section({ prompt, busy, onMark }: SectionProps) {
  const [missed, setMissed] = useState("");
  const [type, setType] = useState("PERSON");
  const take = () => {
    const selected = window.getSelection()?.toString().trim() ?? "";
    if (selected && prompt.prompt.includes(selected)) setMissed(selected);
  };
  const mark = (kind: Mark["kind"], text: string, entity_type: string) =>
    onMark?.({ section: prompt.section, kind, text, entity_type });
  return (
    <Card>
      <Group justify="space-between" mb="xs">
        <Title order={3}>{prompt.title}</Title>
        <Badge variant="default">{prompt.models.join(" → ")}</Badge>
      </Group>
      <Framed wrap label={prompt.title} testid="prompt" onMouseUp={onMark && take}>
        {prompt.parts.map((part, at) => (
          <Part
            key={at}
            part={part}
            onWrong={onMark && ((token) => mark("wrong", token, part.entity_type ?? "PERSON"))}
          />
        ))}
      </Framed>
      {onMark && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            mark("missed", missed, type);
          }}
        >
          <Group mt="sm" align="flex-end">
            <TextInput
              label={words.missed}
              placeholder={words.missedHint}
              value={missed}
              onChange={(event) => setMissed(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              style={{ flex: "1 1 220px" }}
            />
            <Select
              label={words.type}
              data={COMMON_TYPES.map((value) => ({ value, label: typeLabel(value) }))}
              value={type}
              onChange={(value) => setType(value ?? "PERSON")}
              allowDeselect={false}
              searchable
              w={190}
            />
            <Button type="submit" variant="default" loading={busy} disabled={missed.trim().length < 2}>
              {words.mark}
            </Button>
          </Group>
        </form>
      )}
    </Card>
  );
}

interface ProposingProps {
  run: string;
  mark: Preview["marks"][number];
}

/** Has a mark count for everything that leaves from now on, once an editor has approved it. */
function Proposing({ run, mark }: ProposingProps) {
  const policies = usePolicyNames();
  const propose = useMutation({
    mutationFn: (policy: string | null) =>
      api.post(`/reports/${encodeURIComponent(run)}/marks/${mark.id}/propose`, policy ? { policy } : {}),
    onSuccess: () => said(texts.corrections.proposed),
    onError: failed,
  });
  const button = { size: "compact-xs", variant: "subtle", loading: propose.isPending } as const;
  if (mark.kind === "missed")
    return (
      <Button {...button} onClick={() => propose.mutate(null)}>
        {words.propose}
      </Button>
    );
  return (
    <Menu>
      <Menu.Target>
        <Button {...button}>{words.proposeFor}</Button>
      </Menu.Target>
      <Menu.Dropdown mah={300} style={{ overflow: "auto" }}>
        {policies.map((policy) => (
          <Menu.Item key={policy} onClick={() => propose.mutate(policy)}>
            {policy}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface MarksProps {
  run: string;
  marks: Preview["marks"];
  onDrop?: (id: string) => void;
}

function Marks({ run, marks, onDrop }: MarksProps) {
  if (!marks.length) return null;
  return (
    <Card>
      <Title order={3} mb="xs">
        {words.marks}
      </Title>
      <Stack gap={6}>
        {marks.map((mark) => (
          <Group key={mark.id} gap="xs">
            <TypeChip type={mark.entity_type} />
            <Text size="sm" className="mono">
              {mark.shown}
            </Text>
            <Text size="sm" c="dimmed">
              {mark.kind === "missed" ? words.wasMissed : words.wasWrong}
            </Text>
            {onDrop && (
              <Button size="compact-xs" variant="subtle" onClick={() => onDrop(mark.id)}>
                {words.drop}
              </Button>
            )}
            {onDrop && <Proposing run={run} mark={mark} />}
          </Group>
        ))}
      </Stack>
    </Card>
  );
}

/** The prompts of a report before anything leaves: look, mark what was missed, then let these very prompts go. */
export function Review({ run }: { run: Run }) {
  const client = useQueryClient();
  const editor = useRole("editor");
  const path = `/reports/${encodeURIComponent(run.id)}`;
  const preview = useQuery({
    queryKey: ["report", run.id, "preview"],
    queryFn: () => api.get<Preview>(`${path}/preview`),
    gcTime: 0,
    retry: false,
  });
  const settled = () => client.invalidateQueries({ queryKey: ["report", run.id] });
  const mark = useMutation({
    mutationFn: ({ version, mark }: { version: string; mark: Mark }) =>
      api.post<Schemas["Changed"]>(`${path}/marks`, { version, marks: [mark] }),
    onSuccess: (changed) => said(changed.state === "queued" ? words.anew : words.kept),
    onError: failed,
    onSettled: settled,
    gcTime: 0,
  });
  const drop = useMutation({
    mutationFn: (id: string) => api.remove(`${path}/marks/${id}`),
    onError: failed,
    onSettled: settled,
  });
  const decide = useMutation({
    mutationFn: (body: { decision: "send" | "cancel"; version?: string }) => api.post(`${path}/review`, body),
    onError: failed,
    onSettled: settled,
  });
  return (
    <Loaded query={preview}>
      {({ version, system, items, entities, marks }) => (
        <Stack>
          <Alert color="honey" icon={<Icon name="shield" />} title={words.title}>
            {words.lead}
          </Alert>
          <Group gap={6}>
            {Object.entries(entities).map(([type, found]) => (
              <TypeChip key={type} type={type}>
                {found}
              </TypeChip>
            ))}
          </Group>
          <Card>
            <Title order={3} mb="xs">
              {words.system}
            </Title>
            <Spoiler maxHeight={44} showLabel={words.more} hideLabel={texts.policies.showLess}>
              <div className="mono wrap">{system}</div>
            </Spoiler>
          </Card>
          {items.map((prompt) => (
            <Section
              key={`${prompt.section}-${version}`}
              prompt={prompt}
              busy={mark.isPending}
              onMark={editor ? (one) => mark.mutate({ version, mark: one }) : undefined}
            />
          ))}
          {!items.length && <Text c="dimmed">{texts.reports.seenNothing}</Text>}
          <Marks run={run.id} marks={marks} onDrop={editor ? (id) => drop.mutate(id) : undefined} />
          {editor && (
            <Group>
              <Button
                onClick={() => decide.mutate({ decision: "send", version })}
                loading={decide.isPending}
                leftSection={<Icon name="check" size={16} />}
              >
                {words.send}
              </Button>
              <Button variant="default" onClick={() => decide.mutate({ decision: "cancel" })}>
                {words.dontSend}
              </Button>
            </Group>
          )}
        </Stack>
      )}
    </Loaded>
  );
}
