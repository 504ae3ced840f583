import { Anchor, Badge, Button, Card, Group, Modal, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { Link } from "wouter";

import { type Correction, type Decision, useCorrections, useDecide, useWord } from "../../api/corrections";
import { useRole } from "../../api/session";
import { when } from "../../logic/format";
import { failed, said } from "../../parts/notify";
import { Empty, Failure, Loaded, Page } from "../../parts/Page";
import { TypeChip } from "../../parts/Types";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { Propose } from "./Propose";

const words = texts.corrections;
const COLOURS: Record<string, string> = {
  proposed: "honey",
  approved: "teal",
  rejected: "gray",
  undone: "gray",
};
const NEXT: Record<string, Decision[]> = { proposed: ["approve", "reject"], approved: ["undo"] };

function Word({ correction }: { correction: Correction }) {
  const [shown, setShown] = useState(false);
  const found = useWord(correction.id, shown);
  if (correction.state !== "proposed")
    return (
      <Text size="sm" c="dimmed">
        {words.gone}
      </Text>
    );
  return (
    <Group gap={6} wrap="nowrap">
      {shown && found.data && <b style={{ overflowWrap: "anywhere" }}>{found.data.value ?? words.gone}</b>}
      {shown && found.error && <Text size="sm">{words.gone}</Text>}
      <Button
        size="compact-xs"
        variant="subtle"
        loading={found.isFetching}
        aria-label={words.named(shown ? words.hide : words.show, correction.id)}
        onClick={() => setShown(!shown)}
      >
        {shown ? words.hide : words.show}
      </Button>
    </Group>
  );
}

interface RowProps {
  correction: Correction;
  busy: boolean;
  onDecide: (decision: Decision) => void;
}

function Row({ correction, busy, onDecide }: RowProps) {
  const { id, kind, entity_type, policy, source, state, at, who_name } = correction;
  return (
    <Table.Tr data-correction={id}>
      <Table.Td>
        {kind === "known" ? <TypeChip type={entity_type} /> : <Badge variant="default">{policy}</Badge>}
        <Text size="xs" c="dimmed" mt={2}>
          {words.does[kind]}
        </Text>
      </Table.Td>
      <Table.Td>
        <Word correction={correction} />
      </Table.Td>
      <Table.Td>
        <Badge color={COLOURS[state]}>{words.states[state]}</Badge>
      </Table.Td>
      <Table.Td>
        <Text size="sm">{who_name}</Text>
        <Text size="xs" c="dimmed">
          {when(at)}
          {source && (
            <>
              {" · "}
              <Anchor component={Link} href={`/reports/${source}`} size="xs">
                {words.fromReport}
              </Anchor>
            </>
          )}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap={4} justify="flex-end" wrap="nowrap">
          {(NEXT[state] ?? []).map((decision) => (
            <Button
              key={decision}
              size="compact-sm"
              variant={decision === "approve" ? "filled" : "default"}
              disabled={busy}
              aria-label={words.named(words[decision], id)}
              onClick={() => onDecide(decision)}
            >
              {words[decision]}
            </Button>
          ))}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

/** Proposed, approved and undone corrections, the newest change first. */
export default function Corrections() {
  const editor = useRole("editor");
  const corrections = useCorrections();
  const decide = useDecide();
  const [proposing, { open, close }] = useDisclosure(false);
  const button = (variant: "filled" | "default") =>
    editor && (
      <Button variant={variant} onClick={open} leftSection={<Icon name="plus" size={16} />}>
        {words.create}
      </Button>
    );
  return (
    <Page title={words.title} lead={words.lead} actions={button("filled")}>
      {decide.error && <Failure error={decide.error} />}
      <Loaded query={corrections}>
        {(items) =>
          items.length ? (
            <Card padding={0}>
              <Table.ScrollContainer minWidth={760}>
                <Table verticalSpacing={8}>
                  <Table.Thead>
                    <Table.Tr>
                      {Object.values(words.columns).map((label) => (
                        <Table.Th key={label}>{label}</Table.Th>
                      ))}
                      <Table.Th w={190} aria-label={texts.common.actions} />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map((correction) => (
                      <Row
                        key={correction.id}
                        correction={correction}
                        busy={decide.isPending}
                        onDecide={(decision) =>
                          decide.mutate(
                            { correction, decision },
                            { onSuccess: () => said(words.decided[decision] ?? ""), onError: failed },
                          )
                        }
                      />
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            </Card>
          ) : (
            <Card>
              <Empty icon="check" title={words.none} body={words.noneBody} action={button("default")} />
            </Card>
          )
        }
      </Loaded>
      <Modal
        opened={proposing}
        onClose={close}
        title={words.create}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        <Propose onDone={close} />
      </Modal>
    </Page>
  );
}
