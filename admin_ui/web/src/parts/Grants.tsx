import { ActionIcon, Autocomplete, Button, Group, Select, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../api/client";
import type { Schemas } from "../api/schemas";
import { useRole } from "../api/session";
import { granteeLabel, granteeNamed } from "../logic/grantees";
import { Icon } from "../shell/Icon";
import { texts } from "../texts";

interface Grant<A extends string> {
  grantee: string;
  access: A;
}

/** People by name, for administrators: nobody else may see who there is, and writes an id. */
function usePeople(): Schemas["User"][] {
  const admin = useRole("admin");
  const people = useQuery({
    queryKey: ["users"],
    queryFn: () => api.get<Schemas["Users"]>("/users"),
    enabled: admin,
  });
  return people.data?.items ?? [];
}

interface GrantTableProps<A extends string> {
  items: readonly Grant<A>[];
  names: Record<string, string>;
  onRemove: (grant: Grant<A>) => void;
}

/** Who was named, and for what. */
export function GrantTable<A extends string>({ items, names, onRemove }: GrantTableProps<A>) {
  const people = usePeople();
  return (
    <Table>
      <Table.Tbody>
        {items.map((grant) => (
          <Table.Tr key={grant.grantee + grant.access}>
            <Table.Td fw={600}>{granteeLabel(grant.grantee, people)}</Table.Td>
            <Table.Td>{names[grant.access]}</Table.Td>
            <Table.Td ta="right">
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={`${texts.common.remove}: ${granteeLabel(grant.grantee, people)}`}
                onClick={() => onRemove(grant)}
              >
                <Icon name="x" size={16} />
              </ActionIcon>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

interface GrantFormProps<A extends string> {
  words: { who: string; whoHelp: string; may: string; add: string };
  names: Record<string, string>;
  first: A;
  busy: boolean;
  onAdd: (grant: Grant<A>) => void;
}

/** Names one more person, role or key. */
export function GrantForm<A extends string>({ words, names, first, busy, onAdd }: GrantFormProps<A>) {
  const people = usePeople();
  const [grantee, setGrantee] = useState("");
  const [access, setAccess] = useState<A>(first);
  return (
    <Group align="flex-end">
      <Autocomplete
        label={words.who}
        description={words.whoHelp}
        data={[...Object.values(texts.rights.groups), ...people.map((person) => person.email)]}
        value={grantee}
        onChange={setGrantee}
      />
      <Select
        label={words.may}
        data={Object.entries(names).map(([value, label]) => ({ value, label }))}
        value={access}
        onChange={(value) => setAccess((value ?? first) as A)}
        allowDeselect={false}
      />
      <Button
        disabled={!grantee.trim()}
        loading={busy}
        onClick={() => {
          onAdd({ grantee: granteeNamed(grantee, people), access });
          setGrantee("");
        }}
      >
        {words.add}
      </Button>
    </Group>
  );
}
