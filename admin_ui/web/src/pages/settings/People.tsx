import {
  ActionIcon,
  Badge,
  Button,
  Card,
  Checkbox,
  Group,
  Menu,
  Modal,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { api } from "../../api/client";
import { useMe } from "../../api/session";
import type { components } from "../../api/types";
import { when } from "../../logic/format";
import { failed, undoable } from "../../parts/notify";
import { Once } from "../../parts/Once";
import { Failure, Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

type User = components["schemas"]["User"];
const words = texts.settings.people;
const ROLES = ["viewer", "auditor", "editor", "admin"];

export function People() {
  const client = useQueryClient();
  const people = useQuery({
    queryKey: ["users"],
    queryFn: () => api.get<components["schemas"]["Users"]>("/users"),
  });
  const [adding, { open, close }] = useDisclosure(false);
  const [link, setLink] = useState<string | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const refresh = () => client.invalidateQueries({ queryKey: ["users"] });
  const change = useMutation({
    mutationFn: ({ user, body }: { user: User; body: object }) =>
      api.patch(`/users/${user.id}`, body, { "If-Match": `"${user.version}"` }),
    onError: failed,
    onSettled: refresh,
  });
  const freshLink = useMutation({
    mutationFn: (user: User) => api.post<components["schemas"]["Link"]>(`/users/${user.id}/link`),
    onSuccess: (found) => setLink(found.link),
    onError: failed,
  });
  const dropCodes = useMutation({
    mutationFn: (user: User) => api.remove(`/users/${user.id}/totp`),
    onError: failed,
    onSettled: refresh,
  });
  const remove = (user: User) => {
    setHidden(new Set([...hidden, user.id]));
    const back = () => setHidden((ids) => new Set([...ids].filter((id) => id !== user.id)));
    undoable(
      words.removed(user.name || user.email),
      () => api.remove(`/users/${user.id}`).then(refresh),
      back,
    );
  };
  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed">{words.lead}</Text>
        <Button onClick={open} leftSection={<Icon name="plus" size={16} />}>
          {words.add}
        </Button>
      </Group>
      <Loaded query={people}>
        {({ items }) => (
          <Card padding={0}>
            <Table.ScrollContainer minWidth={680}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{words.name}</Table.Th>
                    <Table.Th>{words.roles}</Table.Th>
                    <Table.Th>{words.lastLogin}</Table.Th>
                    <Table.Th>{texts.common.state}</Table.Th>
                    <Table.Th w={60} aria-label={texts.common.actions} />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items
                    .filter((user) => !hidden.has(user.id))
                    .map((user) => (
                      <Person
                        key={user.id}
                        user={user}
                        onChange={(body) => change.mutate({ user, body })}
                        onLink={() => freshLink.mutate(user)}
                        onDropCodes={() => dropCodes.mutate(user)}
                        onRemove={() => remove(user)}
                      />
                    ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </Card>
        )}
      </Loaded>
      <AddPerson opened={adding} onClose={close} onLink={setLink} onDone={refresh} />
      <Modal
        opened={link !== null}
        onClose={() => setLink(null)}
        title={words.link}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        {link && <Once secret={link} title={words.link} body={words.linkOnce} />}
      </Modal>
    </Stack>
  );
}

interface PersonProps {
  user: User;
  onChange: (body: object) => void;
  onLink: () => void;
  onDropCodes: () => void;
  onRemove: () => void;
}

function Person({ user, onChange, onLink, onDropCodes, onRemove }: PersonProps) {
  const me = useMe();
  const flip = (role: string) =>
    onChange({
      roles: user.roles.includes(role) ? user.roles.filter((one) => one !== role) : [...user.roles, role],
    });
  return (
    <Table.Tr>
      <Table.Td>
        <Text fw={600} size="sm" component="div">
          {user.name || user.email} {user.id === me.id && <Badge size="xs">{words.you}</Badge>}
        </Text>
        <Text size="xs" c="dimmed">
          {user.email}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          {user.roles.map((role) => (
            <Badge key={role}>{role}</Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>{user.last_login_at ? when(user.last_login_at) : texts.common.never}</Table.Td>
      <Table.Td>
        {user.disabled && <Badge color="red">{words.disabled}</Badge>}
        {user.has_totp && <Badge color="teal">TOTP</Badge>}
        {user.locked_until !== null && <Badge color="red">{words.locked}</Badge>}
      </Table.Td>
      <Table.Td>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={`${texts.common.actions}: ${user.email}`}>
              <Icon name="more" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{words.roles}</Menu.Label>
            {ROLES.map((role) => (
              <Menu.Item
                key={role}
                closeMenuOnClick={false}
                leftSection={<Icon name={user.roles.includes(role) ? "check" : "plus"} size={14} />}
                onClick={() => flip(role)}
              >
                {role}
              </Menu.Item>
            ))}
            <Menu.Divider />
            <Menu.Item onClick={onLink}>{words.link}</Menu.Item>
            {user.has_totp && <Menu.Item onClick={onDropCodes}>{words.dropTotp}</Menu.Item>}
            <Menu.Item onClick={() => onChange({ disabled: !user.disabled })}>
              {user.disabled ? words.enable : words.disable}
            </Menu.Item>
            <Menu.Item color="red" onClick={onRemove}>
              {texts.common.remove}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Table.Td>
    </Table.Tr>
  );
}

interface AddPersonProps {
  opened: boolean;
  onClose: () => void;
  onLink: (link: string | null) => void;
  onDone: () => void;
}

function AddPerson({ opened, onClose, onLink, onDone }: AddPersonProps) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<string[]>(["viewer"]);
  const add = useMutation({
    mutationFn: () => api.post<components["schemas"]["MadeUser"]>("/users", { email, name, roles }),
    onSuccess: (made) => {
      onDone();
      onClose();
      setEmail("");
      setName("");
      onLink(made.link);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={words.add}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label={words.email}
            type="email"
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            data-autofocus
            autoComplete="off"
          />
          <TextInput
            label={words.name}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="off"
          />
          <Checkbox.Group label={words.roles} value={roles} onChange={setRoles}>
            <Stack gap={6} mt={4}>
              {ROLES.map((role) => (
                <Checkbox key={role} value={role} label={role} description={words.roleHelp[role]} />
              ))}
            </Stack>
          </Checkbox.Group>
          {add.error && <Failure error={add.error} />}
          <Button type="submit" loading={add.isPending} disabled={!roles.length}>
            {words.add}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
