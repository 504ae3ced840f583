import {
  Badge,
  Button,
  Card,
  Group,
  Modal,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useLocation } from "wouter";

import { listPolicies, savePolicy } from "../../api/policies";
import { useRole } from "../../api/session";
import { Failure, Loaded, Page } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.policies;

/** All policies: the built-in ones and one's own. */
export default function Policies() {
  const policies = useQuery({ queryKey: ["policies"], queryFn: listPolicies });
  const [making, { open, close }] = useDisclosure(false);
  const editor = useRole("editor");
  const action = editor && (
    <Button onClick={open} leftSection={<Icon name="plus" size={16} />}>
      {words.create}
    </Button>
  );
  return (
    <Page title={words.title} lead={words.lead} actions={action}>
      <Loaded query={policies}>
        {({ items }) => (
          <>
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
              {[...items]
                .sort((one, two) => Number(one.source === "builtin") - Number(two.source === "builtin"))
                .map((policy) => (
                  <Card key={policy.name} component={Link} href={`/policies/${policy.name}`}>
                    <Group justify="space-between" mb={6}>
                      <Title order={2}>{policy.name}</Title>
                      <Group gap={4}>
                        {policy.is_default && <Badge>{words.isDefault}</Badge>}
                        <Badge color={policy.source === "builtin" ? "gray" : "honey"}>
                          {words.sources[policy.source]}
                        </Badge>
                      </Group>
                    </Group>
                    <Text size="sm" c="dimmed" style={{ flex: 1 }}>
                      {policy.description}
                    </Text>
                    <Group gap={6} mt="sm">
                      {policy.extends && <Badge variant="default">{words.extends(policy.extends)}</Badge>}
                      {policy.used_by > 0 && <Badge variant="default">{words.usedBy(policy.used_by)}</Badge>}
                      {policy.version > 0 && <Badge variant="default">{words.version(policy.version)}</Badge>}
                    </Group>
                  </Card>
                ))}
            </SimpleGrid>
            <NewPolicy opened={making} onClose={close} names={items.map((policy) => policy.name)} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function NewPolicy({ opened, onClose, names }: { opened: boolean; onClose: () => void; names: string[] }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const [name, setName] = useState("");
  const [base, setBase] = useState<string | null>("balanced");
  const make = useMutation({
    mutationFn: () =>
      savePolicy(
        name,
        `name: ${name}\ndescription: ""\nextends: ${base ?? "balanced"}\nentities:\n  PERSON: scramble\n`,
        null,
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["policies"] });
      go(`/policies/${name}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={words.create}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label={words.createName}
            description={words.createNameHelp}
            required
            pattern="[a-z0-9][a-z0-9_.\-]*"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <Select
            label={words.createFrom}
            data={names}
            value={base}
            onChange={setBase}
            allowDeselect={false}
            searchable
          />
          {make.error && <Failure error={make.error} />}
          <Button type="submit" loading={make.isPending}>
            {words.make}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
