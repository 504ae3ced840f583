import { Button, Group, Modal, SimpleGrid, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";

import { useProviders } from "../../api/names";
import { useMe, useRole } from "../../api/session";
import { Loaded } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { AddProvider, ProviderCard, ProviderKey } from "./ProviderParts";
import { INSTALLATION, TenantProviders } from "./TenantProviders";

const words = texts.keys.providers;

export function Providers() {
  const admin = useRole("admin");
  const manages = useMe().tenant === INSTALLATION && admin;
  const providers = useProviders();
  const [adding, { open, close }] = useDisclosure(false);
  const [keyFor, setKeyFor] = useState<string | null>(null);
  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed">{words.lead}</Text>
        {manages && (
          <Button onClick={open} leftSection={<Icon name="plus" size={16} />}>
            {words.add}
          </Button>
        )}
      </Group>
      <Loaded query={providers}>
        {({ items }) => (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {items.map((provider) => (
              <ProviderCard
                key={provider.name}
                provider={provider}
                admin={manages}
                manages={manages}
                onKey={() => setKeyFor(provider.name)}
              />
            ))}
          </SimpleGrid>
        )}
      </Loaded>
      {admin && <TenantProviders onKey={setKeyFor} />}
      <Modal
        opened={adding}
        onClose={close}
        title={words.add}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        <AddProvider
          onDone={(name) => {
            close();
            setKeyFor(name);
          }}
        />
      </Modal>
      <Modal
        opened={keyFor !== null}
        onClose={() => setKeyFor(null)}
        title={keyFor && words.setKeyTitle(keyFor)}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        {keyFor && <ProviderKey name={keyFor} onDone={() => setKeyFor(null)} />}
      </Modal>
    </Stack>
  );
}
