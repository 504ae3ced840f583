import { ActionIcon, Card, Table, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api } from "../../api/client";
import { useTitle } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { when } from "../../logic/format";
import { failed } from "../../parts/notify";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.reports;

/** Reports that are made again and again; shown only when there are any. */
export function Schedules() {
  const client = useQueryClient();
  const titleOf = useTitle();
  const editor = useRole("editor");
  const schedules = useQuery({
    queryKey: ["report-schedules"],
    queryFn: () => api.get<Schemas["ScheduleList"]>("/report-schedules"),
    retry: false,
  });
  const remove = useMutation({
    mutationFn: (id: string) => api.remove(`/report-schedules/${id}`),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: ["report-schedules"] }),
  });
  if (!schedules.data?.items.length) return null;
  return (
    <Card>
      <Title order={2} mb="sm">
        {words.schedules}
      </Title>
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <Table.Tbody>
            {schedules.data.items.map((schedule) => (
              <Table.Tr key={schedule.id}>
                <Table.Td>
                  <b>{titleOf(schedule.template)}</b>
                </Table.Td>
                <Table.Td>{schedule.jar}</Table.Td>
                <Table.Td className="mono">{schedule.cron}</Table.Td>
                <Table.Td>
                  {words.nextAt}: {when(schedule.next_at)}
                </Table.Td>
                <Table.Td ta="right">
                  {editor && (
                    <ActionIcon
                      variant="subtle"
                      color="red"
                      aria-label={`${texts.common.remove}: ${titleOf(schedule.template)}`}
                      onClick={() => remove.mutate(schedule.id)}
                    >
                      <Icon name="trash" size={16} />
                    </ActionIcon>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}
