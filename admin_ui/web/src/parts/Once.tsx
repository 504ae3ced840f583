import { Alert, Group, Stack, Text } from "@mantine/core";

import { Icon } from "../shell/Icon";
import { CopyWords } from "./Copy";

/** A secret that is shown this one time, with a button that copies it. */
export function Once({ secret, title, body }: { secret: string; title: string; body: string }) {
  return (
    <Alert color="honey" variant="light" icon={<Icon name="lock" />} title={title}>
      <Stack gap="xs">
        <Text size="sm">{body}</Text>
        <Group gap="sm">
          <Text
            component="code"
            className="mono"
            data-testid="secret"
            style={{ overflowWrap: "anywhere", userSelect: "all" }}
          >
            {secret}
          </Text>
          <CopyWords value={secret} />
        </Group>
      </Stack>
    </Alert>
  );
}
