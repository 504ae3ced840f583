import { ActionIcon, Card, Table, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import { useTitle } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { when } from "../../logic/format";
import { undoable } from "../../parts/notify";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.reports;
type Schedule = Schemas["ScheduleList"]["items"][number];

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
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const remove = ({ id, template }: Schedule) => {
    setHidden(new Set([...hidden, id]));
    const show = () => setHidden((ids) => new Set([...ids].filter((one) => one !== id)));
    undoable(
      words.scheduleOf(titleOf(template)),
      () =>
        api
          .remove(`/report-schedules/${id}`)
          .then(() => client.invalidateQueries({ queryKey: ["report-schedules"] }))
          .then(show),
      show,
    );
  };
  const items = schedules.data?.items.filter((one) => !hidden.has(one.id)) ?? [];
  if (!items.length) return null;
  return (
    <Card>
      <Title order={2} mb="sm">
        {words.schedules}
      </Title>
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <Table.Tbody>
            {items.map((schedule) => (
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
                      onClick={() => remove(schedule)}
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
