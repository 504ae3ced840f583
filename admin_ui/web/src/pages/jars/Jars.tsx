import { Badge, Button, Card, Group, SimpleGrid, Text, Title } from "@mantine/core";
import { Link } from "wouter";

import { useJars } from "../../api/jars";
import { useRole } from "../../api/session";
import { Empty, Loaded, Page } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.data.jars;

/** The jars that one may see. */
export default function Jars() {
  const editor = useRole("editor");
  const jars = useJars();
  const create = editor && (
    <Button component={Link} href="/jars/new" leftSection={<Icon name="plus" size={16} />}>
      {words.create}
    </Button>
  );
  return (
    <Page title={words.title} lead={words.lead} actions={create}>
      <Loaded query={jars}>
        {({ items }) =>
          items.length ? (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
              {items.map((jar) => (
                <Card key={jar.id} component={Link} href={`/jars/${encodeURIComponent(jar.name)}`}>
                  <Group justify="space-between" mb={6} wrap="nowrap">
                    <Group gap="xs" wrap="nowrap" style={{ overflow: "hidden" }}>
                      <Text span c="honey">
                        <Icon name="jar" />
                      </Text>
                      <Title order={2} style={{ overflow: "hidden", textOverflow: "ellipsis" }}>
                        {jar.name}
                      </Title>
                    </Group>
                    <Badge variant="default">{words.kinds[jar.kind]}</Badge>
                  </Group>
                  <Text size="sm" c="dimmed" style={{ flex: 1 }} lineClamp={3}>
                    {jar.description}
                  </Text>
                  <Group gap={6} mt="sm">
                    <Badge variant="default">{texts.common.rows(jar.rows)}</Badge>
                    <Badge variant="default">{words.tables(jar.tables)}</Badge>
                    {jar.tags.map((tag) => (
                      <Badge key={tag} color="gray">
                        {tag}
                      </Badge>
                    ))}
                  </Group>
                </Card>
              ))}
            </SimpleGrid>
          ) : (
            <Card>
              <Empty icon="jar" title={words.none} body={words.noneBody} action={create} />
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}
