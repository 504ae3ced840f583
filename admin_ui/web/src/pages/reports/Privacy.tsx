import {
  Alert,
  Card,
  Checkbox,
  Group,
  NumberInput,
  Radio,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";

import type { Order } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { count, duration, money } from "../../logic/format";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { StepModels } from "./StepModels";

const words = texts.reports;

interface PartProps {
  order: Order;
  onChange: (part: Partial<Order>) => void;
}

/** What the model may see. */
export function Privacy({ order, onChange }: PartProps) {
  return (
    <Stack>
      <Radio.Group
        value={order.level}
        onChange={(level) => onChange({ level: level as Order["level"] })}
        aria-label={words.steps.privacy}
      >
        <SimpleGrid cols={{ base: 1, md: 3 }}>
          {Object.entries(words.levels).map(([level, { title, body }]) => (
            <Radio.Card
              key={level}
              value={level}
              p="md"
              radius="md"
              style={{ background: "var(--sting-surface)" }}
            >
              <Group wrap="nowrap" align="flex-start">
                <Radio.Indicator mt={3} />
                <div>
                  <Text fw={600}>{title}</Text>
                  <Text size="sm" c="dimmed">
                    {body}
                  </Text>
                </div>
              </Group>
            </Radio.Card>
          ))}
        </SimpleGrid>
      </Radio.Group>
      <NumberInput
        label={words.k}
        description={words.kHelp}
        min={2}
        max={1000}
        value={order.k}
        onChange={(k) => onChange({ k: Number(k) || 5 })}
      />
    </Stack>
  );
}

/** What the report would take, in the words and figures of the server. */
export function Check({ order, estimate, onChange }: PartProps & { estimate: Schemas["Estimate"] }) {
  const rows: [string, string][] = [
    [words.rows, count(estimate.rows)],
    [words.tokens, `${count(estimate.tokens_in)} / ${count(estimate.tokens_out)}`],
    [words.cost, money(estimate.cost)],
    [words.time, duration(estimate.seconds * 1000)],
    [words.model, estimate.models.join(" → ") || "–"],
  ];
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card padding={0}>
          <Table variant="vertical" verticalSpacing={7}>
            <Table.Tbody>
              {rows.map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th w={190}>{name}</Table.Th>
                  <Table.Td className="num">{value}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Card>
        <Alert color="teal" icon={<Icon name="shield" />} title={words.levels[order.level]?.title}>
          {words.levels[order.level]?.body}
          <Text size="sm" mt="xs">
            {words.willSay} “{estimate.explanation}”
          </Text>
        </Alert>
      </SimpleGrid>
      {estimate.possible && estimate.silent.length > 0 && (
        <Alert color="orange" icon={<Icon name="alert" />}>
          {words.silent(estimate.silent)}
        </Alert>
      )}
      {!estimate.possible && (
        <Alert color="red" title={words.impossible} role="alert">
          {estimate.problem}
        </Alert>
      )}
      <StepModels steps={estimate.steps} chosen={order.models} onChange={(models) => onChange({ models })} />
      <TextInput
        label={words.reportTitle}
        description={words.titleHelp}
        value={order.title ?? ""}
        maw={480}
        onChange={(event) => onChange({ title: event.currentTarget.value || undefined })}
      />
      <Checkbox
        label={words.review}
        description={words.promptsLater}
        checked={order.review}
        onChange={(event) => onChange({ review: event.currentTarget.checked })}
      />
    </Stack>
  );
}
