import { Button, Card, Group, NumberInput, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { count, when } from "../../logic/format";
import { typeLabel } from "../../logic/kinds";
import { Failure } from "../../parts/Page";
import { TypeChip } from "../../parts/Types";
import { texts } from "../../texts";

const words = texts.policies.trial;
type Answer = Schemas["TrialAnswer"];
const USUAL = 200;
const MOST = 1_000;

function Types({ found }: { found: Answer }) {
  return (
    <Table.ScrollContainer minWidth={420}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.playground.columns.type}</Table.Th>
            <Table.Th ta="right">{words.findings}</Table.Th>
            <Table.Th>{words.then}</Table.Th>
            <Table.Th>{words.draft}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.types.map((type) => (
            <Table.Tr key={type.entity_type}>
              <Table.Td>
                <TypeChip type={type.entity_type} />
              </Table.Td>
              <Table.Td ta="right" className="num" style={{ whiteSpace: "nowrap" }}>
                {count(type.findings)}
                {type.at_least ? ` ${words.orMore}` : type.at_most ? ` ${words.orFewer}` : ""}
              </Table.Td>
              <Table.Td>{type.now.join(", ")}</Table.Td>
              <Table.Td fw={type.now.includes(type.draft) ? undefined : 650}>{type.draft}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Told({ found }: { found: Answer }) {
  if (!found.exchanges) return <Text c="dimmed">{words.none}</Text>;
  const left = found.what_left;
  const missed = Object.entries(left?.missed ?? {});
  return (
    <Stack gap="xs" data-testid="trial">
      <Text size="sm">{words.span(found.exchanges, when(found.since), when(found.until))}</Text>
      <Text size="sm">{words.blocked(found.newly_blocked, found.no_longer_blocked)}</Text>
      {found.unknown_policy + found.changed_since > 0 && (
        <Text size="sm" c="dimmed">
          {words.unsure(found.unknown_policy, found.changed_since)}
        </Text>
      )}
      <Types found={found} />
      {left && (
        <Text size="sm">
          {words.left(left.looked_at, left.of)}{" "}
          {missed.length
            ? words.missed(missed.map(([type, times]) => `${typeLabel(type)} ${times}`).join(", "))
            : words.missedNone}
        </Text>
      )}
    </Stack>
  );
}

/** What the text in the editor would have done in the last exchanges, as their audit tells. */
export function Trial({ yaml }: { yaml: string }) {
  const [last, setLast] = useState<number | "">(USUAL);
  const run = useMutation({
    mutationFn: () => api.post<Answer>("/policies/dry-run/exchanges", { yaml, last: last || USUAL }),
  });
  return (
    <Card>
      <Title order={2}>{words.title}</Title>
      <Text size="xs" c="dimmed" mb="xs">
        {words.lead}
      </Text>
      <Group align="flex-end" mb="sm">
        <NumberInput
          label={words.last}
          min={1}
          max={MOST}
          allowDecimal={false}
          value={last}
          onChange={(value) => setLast(value === "" ? "" : Number(value))}
          w={140}
        />
        <Button variant="default" onClick={() => run.mutate()} loading={run.isPending}>
          {words.run}
        </Button>
      </Group>
      {run.error && <Failure error={run.error} />}
      {run.data && <Told found={run.data} />}
    </Card>
  );
}
