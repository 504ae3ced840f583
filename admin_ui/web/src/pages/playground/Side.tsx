import { Alert, Badge, Card, Group, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { analyse, type Finding, scramble } from "../../api/playground";
import { detectorLabel } from "../../logic/detectors";
import { percent } from "../../logic/format";
import { typeLabel } from "../../logic/kinds";
import { tokens } from "../../logic/spans";
import { Failure, Loading } from "../../parts/Page";
import { Said } from "../../parts/Said";
import { Highlight, TypeChip } from "../../parts/Types";
import { texts } from "../../texts";

const words = texts.playground;
const key = (finding: Finding) => `${finding.start}-${finding.end}-${finding.entity_type}`;

export function useFindings(text: string, policy: string) {
  return useQuery({
    queryKey: ["playground", "findings", policy, text],
    queryFn: ({ signal }) => analyse(text, policy, signal),
    enabled: text.trim() !== "" && policy !== "",
    // What was typed is dropped as soon as it is no longer shown.
    gcTime: 0,
    retry: false,
  });
}

export function useLeaving(text: string, policy: string) {
  return useQuery({
    queryKey: ["playground", "scrambled", policy, text],
    queryFn: ({ signal }) => scramble(text, policy, signal),
    enabled: text.trim() !== "" && policy !== "",
    gcTime: 0,
    retry: false,
  });
}

interface SideProps {
  text: string;
  policy: string;
  other: string | null;
}

/** Everything one policy does to a text: what is found, what would leave, finding by finding. */
export function Side({ text, policy, other }: SideProps) {
  const [active, setActive] = useState<Finding | null>(null);
  const findings = useFindings(text, policy);
  const compared = useFindings(other ? text : "", other ?? "");
  const leaving = useLeaving(text, policy);
  if (findings.error) return <Failure error={findings.error} onRetry={() => void findings.refetch()} />;
  if (!findings.data) return <Loading />;
  const there = new Set((compared.data ?? []).map(key));
  const types = new Set(findings.data.map((finding) => finding.entity_type));
  return (
    <>
      <div className="two" data-one={other !== null}>
        <Card>
          <Group justify="space-between" mb="sm">
            <Title order={2}>{words.found}</Title>
            <Badge variant="default">{words.summary(findings.data.length, types.size)}</Badge>
          </Group>
          <Highlight
            text={text}
            spans={findings.data}
            active={active}
            onActive={setActive}
            label={(span) =>
              `${typeLabel(span.entity_type)} · ${percent(span.score)} · ${detectorLabel(span.detector)} · ${span.action}`
            }
          />
          <Group gap={6} mt="md">
            {[...types].map((type) => (
              <TypeChip key={type} type={type}>
                {findings.data.filter((finding) => finding.entity_type === type).length}
              </TypeChip>
            ))}
          </Group>
        </Card>
        <Card>
          <Title order={2}>{words.leaves}</Title>
          <Text size="xs" c="dimmed" mb="sm">
            {words.leavesHelp}
          </Text>
          {leaving.error ? (
            <Failure error={leaving.error} />
          ) : leaving.data !== undefined ? (
            <div className="mono" data-testid="leaves">
              <Highlight text={leaving.data} spans={tokens(leaving.data)} />
            </div>
          ) : (
            <Loading />
          )}
        </Card>
      </div>
      <FindingTable
        text={text}
        findings={findings.data}
        active={active}
        onActive={setActive}
        only={(finding) => other !== null && compared.data !== undefined && !there.has(key(finding))}
        policy={policy}
        tight={other !== null}
      />
    </>
  );
}

interface FindingTableProps {
  text: string;
  findings: Finding[];
  active: Finding | null;
  onActive: (finding: Finding | null) => void;
  only: (finding: Finding) => boolean;
  policy: string;
  /** Another one stands beside it. */
  tight: boolean;
}

function FindingTable({ text, findings, active, onActive, only, policy, tight }: FindingTableProps) {
  const points = Array.from(text);
  if (!findings.length)
    return (
      <Alert color="gray" title={words.nothing}>
        <Said text={words.nothingWhy} />
      </Alert>
    );
  return (
    <Card padding={0}>
      <Table.ScrollContainer minWidth={tight ? 470 : 640}>
        <Table verticalSpacing={6} horizontalSpacing={tight ? 6 : undefined} fz={tight ? "xs" : undefined}>
          <Table.Thead>
            <Table.Tr>
              {Object.values(words.columns).map((name) => (
                <Table.Th key={name}>{name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {findings.map((finding) => (
              <Table.Tr
                key={key(finding)}
                data-active={active === finding}
                bg={active === finding ? "var(--mantine-color-default-hover)" : undefined}
                onMouseEnter={() => onActive(finding)}
                onMouseLeave={() => onActive(null)}
              >
                <Table.Td style={{ overflowWrap: "anywhere" }}>
                  {points.slice(finding.start, finding.end).join("")}
                  {only(finding) && (
                    <Badge size="xs" color="grape" ml={6}>
                      {words.onlyHere(policy)}
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td>
                  <TypeChip type={finding.entity_type} />
                </Table.Td>
                <Table.Td className="num" style={{ whiteSpace: "nowrap" }}>
                  {percent(finding.score)}
                </Table.Td>
                <Table.Td title={finding.detector ?? undefined}>{detectorLabel(finding.detector)}</Table.Td>
                <Table.Td title={texts.policies.actions[finding.action]}>{finding.action}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}
