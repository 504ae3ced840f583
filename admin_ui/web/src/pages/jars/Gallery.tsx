import { Button, Card, Group, SimpleGrid, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";

import { api } from "../../api/client";
import { type JarHead, jarPath, useStarters } from "../../api/jars";
import { Failure, Loaded } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.data.gallery;

/** Ready-made jars with invented rows; one click makes one. */
export function Gallery() {
  const client = useQueryClient();
  const [, go] = useLocation();
  const starters = useStarters();
  const make = useMutation({
    mutationFn: (name: string) => api.post<JarHead>(`/jar-starters/${encodeURIComponent(name)}`, {}),
    onSuccess: async (jar) => {
      await client.invalidateQueries({ queryKey: ["jars"] });
      go(jarPath(jar.name));
    },
  });
  return (
    <section>
      <Title order={2} mt="xl">
        {words.title}
      </Title>
      <Text c="dimmed" mb="md">
        {words.lead}
      </Text>
      {make.error && <Failure error={make.error} />}
      <Loaded query={starters}>
        {({ items }) => (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {items.map((item) => (
              <Card key={item.name}>
                <Text fw={650}>{item.title}</Text>
                <Text size="sm" c="dimmed" my={6} style={{ flex: 1 }}>
                  {item.about}
                </Text>
                <Text size="xs" c="dimmed" mb="sm">
                  {item.tables.map((table) => `${table.name} (${texts.common.rows(table.rows)})`).join(" · ")}
                </Text>
                <Group>
                  <Button
                    variant="default"
                    size="xs"
                    onClick={() => make.mutate(item.name)}
                    loading={make.isPending && make.variables === item.name}
                    disabled={make.isPending}
                    aria-label={`${words.make}: ${item.name}`}
                  >
                    {words.make}
                  </Button>
                </Group>
              </Card>
            ))}
          </SimpleGrid>
        )}
      </Loaded>
    </section>
  );
}
