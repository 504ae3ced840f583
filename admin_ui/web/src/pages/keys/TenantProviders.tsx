import { Button, Card, Group, Modal, SimpleGrid, Stack, TagsInput, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { useMe } from "../../api/session";
import { failed, said } from "../../parts/notify";
import { Empty, Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { AddProvider, ProviderCard } from "./ProviderParts";

const words = texts.keys.providers;
/** The tenant whose administrators say where requests of all tenants may go. */
export const INSTALLATION = "default";

/** Which of the shared providers one tenant may use besides its own. */
function Shared({ tenant, manages }: { tenant: Schemas["TenantAnswer"]; manages: boolean }) {
  const client = useQueryClient();
  const [patterns, setPatterns] = useState(tenant.shared_providers);
  const changed = patterns.join() !== tenant.shared_providers.join();
  const keep = useMutation({
    mutationFn: () =>
      api.put(
        `/tenants/${encodeURIComponent(tenant.name)}`,
        { shared_providers: patterns },
        tenant.version ? { "If-Match": `"${tenant.version}"` } : {},
      ),
    onSuccess: () => said(texts.common.saved),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: ["tenants"] }),
  });
  return (
    <Card>
      <Group align="flex-end">
        <TagsInput
          flex="1 1 260px"
          label={words.shared(tenant.name)}
          description={words.sharedHelp}
          placeholder={patterns.length ? undefined : texts.common.none}
          value={patterns}
          disabled={!manages}
          onChange={setPatterns}
        />
        {manages && (
          <Button onClick={() => keep.mutate()} loading={keep.isPending} disabled={!changed}>
            {texts.common.save}
          </Button>
        )}
      </Group>
    </Card>
  );
}

/** What tenants have of their own. Others than administrators of the installation set keys only, of their own tenant. */
export function TenantProviders({ onKey }: { onKey: (name: string) => void }) {
  const manages = useMe().tenant === INSTALLATION;
  const [adding, { open, close }] = useDisclosure(false);
  const own = useQuery({
    queryKey: ["tenant-providers"],
    queryFn: () => api.get<Schemas["TenantProviders"]>("/tenant-providers"),
  });
  const tenants = useQuery({
    queryKey: ["tenants"],
    queryFn: () => api.get<Schemas["Tenants"]>("/tenants"),
  });
  return (
    <Stack mt="lg">
      <Group justify="space-between">
        <div>
          <Title order={2}>{words.ofTenants}</Title>
          <Text c="dimmed">{words.ofTenantsLead}</Text>
        </div>
        {manages && (
          <Button variant="default" onClick={open} leftSection={<Icon name="plus" size={16} />}>
            {words.addOwn}
          </Button>
        )}
      </Group>
      <Loaded query={own}>
        {({ items }) =>
          items.length ? (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
              {items.map((provider) => (
                <ProviderCard
                  key={provider.name}
                  provider={provider}
                  admin
                  manages={manages}
                  onKey={() => onKey(provider.name)}
                />
              ))}
            </SimpleGrid>
          ) : (
            <Card>
              <Empty icon="plug" title={words.noneOwn} body={words.noneOwnBody} />
            </Card>
          )
        }
      </Loaded>
      <Loaded query={tenants}>
        {({ items }) =>
          items.map((tenant) => (
            <Shared key={`${tenant.name} ${tenant.version}`} tenant={tenant} manages={manages} />
          ))
        }
      </Loaded>
      <Modal
        opened={adding}
        onClose={close}
        title={words.addOwn}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        <AddProvider
          forTenant
          onDone={(name) => {
            close();
            onKey(name);
          }}
        />
      </Modal>
    </Stack>
  );
}
