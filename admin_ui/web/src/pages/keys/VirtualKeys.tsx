import {
  ActionIcon,
  Badge,
  Button,
  Card,
  Group,
  Menu,
  Modal,
  Select,
  Stack,
  Table,
  Text,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { when } from "../../logic/format";
import { undoable } from "../../parts/notify";
import { Once } from "../../parts/Once";
import { Empty, Failure, Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { KeyUsage } from "./KeyUsage";
import { limitsSaid } from "./LimitFields";
import { LimitKey } from "./LimitKey";
import { NewKey } from "./NewKey";

const words = texts.keys;
type Key = Schemas["Key"];

const COLOURS: Record<string, string> = { valid: "teal", expired: "gray", revoked: "red" };

interface KeyRowProps {
  item: Key;
  editor: boolean;
  onUsage: () => void;
  onLimit: () => void;
  onRotate: () => void;
  onRevoke: () => void;
}

function KeyRow({ item, editor, onUsage, onLimit, onRotate, onRevoke }: KeyRowProps) {
  const fixed = item.source === "config" || item.system;
  return (
    <Table.Tr>
      <Table.Td>
        <Text fw={600} size="sm" className="name">
          {item.name}
        </Text>
        <Text size="xs" c="dimmed" className="mono" style={{ whiteSpace: "nowrap" }}>
          {item.prefix}…
        </Text>
      </Table.Td>
      <Table.Td>{item.policy ?? texts.policies.isDefault}</Table.Td>
      <Table.Td>
        <Group gap={4}>
          {item.models.map((model) => (
            <Badge key={model} variant="default">
              {model === "*" ? words.allModels : model}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <Text size="xs" c="dimmed" style={{ whiteSpace: "pre-line" }}>
          {limitsSaid(item.limits).join("\n") || words.limits.none}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          {item.roles.map((role) => (
            <Badge key={role} color="gray" title={words.roleHelp[role]}>
              {role}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <Badge color={COLOURS[item.state]}>{words.state[item.state]}</Badge>
        <Text size="xs" c="dimmed">
          {fixed && (item.system ? words.system : words.fromConfig)}
          {!fixed && item.state === "valid" && item.expires_at !== null && words.until(when(item.expires_at))}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          <ActionIcon
            variant="subtle"
            color="gray"
            onClick={onUsage}
            aria-label={`${words.usage.open}: ${item.name}`}
          >
            <Icon name="chart" size={16} />
          </ActionIcon>
          {editor && !fixed && item.state === "valid" && (
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`${texts.common.actions}: ${item.name}`}
                >
                  <Icon name="more" />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<Icon name="gear" size={16} />} onClick={onLimit}>
                  {words.limits.label}
                </Menu.Item>
                <Menu.Item leftSection={<Icon name="rotate" size={16} />} onClick={onRotate}>
                  {words.rotate}
                </Menu.Item>
                <Menu.Item color="red" leftSection={<Icon name="trash" size={16} />} onClick={onRevoke}>
                  {words.revoke}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function Rotate({
  item,
  onClose,
  onSecret,
}: {
  item: Key | null;
  onClose: () => void;
  onSecret: (secret: string) => void;
}) {
  const client = useQueryClient();
  const [overlap, setOverlap] = useState("60");
  const rotate = useMutation({
    mutationFn: (key: Key) =>
      api.post<Schemas["MadeKey"]>(`/keys/${key.id}/rotate`, { overlap_minutes: Number(overlap) }),
    onSuccess: async (made) => {
      onClose();
      onSecret(made.secret);
      await client.invalidateQueries({ queryKey: ["keys"] });
    },
    gcTime: 0,
  });
  return (
    <Modal
      opened={item !== null}
      onClose={onClose}
      title={item && words.rotateTitle(item.name)}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <Stack>
        <Text size="sm">{words.rotateBody}</Text>
        <Select
          label={words.overlap}
          data={Object.entries(words.overlaps).map(([value, label]) => ({ value, label }))}
          value={overlap}
          onChange={(value) => setOverlap(value ?? "0")}
          allowDeselect={false}
        />
        {rotate.error && <Failure error={rotate.error} />}
        <Button className="act" onClick={() => item && rotate.mutate(item)} loading={rotate.isPending}>
          {words.rotate}
        </Button>
      </Stack>
    </Modal>
  );
}

/** The tenant's virtual keys. A secret is on the screen once, in memory only, and gone when the dialogue closes. */
export function VirtualKeys() {
  const client = useQueryClient();
  const editor = useRole("editor");
  const keys = useQuery({ queryKey: ["keys"], queryFn: () => api.get<Schemas["Keys"]>("/keys") });
  const [making, { open, close }] = useDisclosure(false);
  const [shown, setShown] = useState<Key | null>(null);
  const [limiting, setLimiting] = useState<Key | null>(null);
  const [rotating, setRotating] = useState<Key | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const refresh = () => client.invalidateQueries({ queryKey: ["keys"] });
  const show = (id: string) => setHidden((ids) => new Set([...ids].filter((one) => one !== id)));
  const revoke = (key: Key) => {
    setHidden(new Set([...hidden, key.id]));
    undoable(
      words.revoked(key.name),
      () =>
        api
          .remove(`/keys/${key.id}`)
          .then(refresh)
          .then(() => show(key.id)),
      () => show(key.id),
    );
  };
  return (
    <Stack>
      {editor && (
        <Group justify="flex-end">
          <Button onClick={open} leftSection={<Icon name="plus" size={16} />}>
            {words.create}
          </Button>
        </Group>
      )}
      <Loaded query={keys}>
        {({ items }) =>
          items.length ? (
            <Card padding={0}>
              <Table.ScrollContainer minWidth={860}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      {[
                        words.name,
                        words.policy,
                        words.models,
                        words.limits.label,
                        words.roles,
                        texts.common.state,
                      ].map((name) => (
                        <Table.Th key={name}>{name}</Table.Th>
                      ))}
                      <Table.Th w={90} aria-label={texts.common.actions} />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items
                      .filter((key) => !hidden.has(key.id))
                      .map((key) => (
                        <KeyRow
                          key={key.id}
                          item={key}
                          editor={editor}
                          onUsage={() => setShown(key)}
                          onLimit={() => setLimiting(key)}
                          onRotate={() => setRotating(key)}
                          onRevoke={() => revoke(key)}
                        />
                      ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            </Card>
          ) : (
            <Card>
              <Empty icon="key" title={words.none} body={words.noneBody} />
            </Card>
          )
        }
      </Loaded>
      <NewKey opened={making} onClose={close} onSecret={setSecret} />
      <KeyUsage item={shown} onClose={() => setShown(null)} />
      <LimitKey item={limiting} onClose={() => setLimiting(null)} />
      <Rotate item={rotating} onClose={() => setRotating(null)} onSecret={setSecret} />
      <Modal
        opened={secret !== null}
        onClose={() => setSecret(null)}
        title={words.created}
        closeOnClickOutside={false}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        {secret && <Once secret={secret} title={words.once} body={words.onceBody} />}
      </Modal>
    </Stack>
  );
}
