import { ActionIcon, Button, Code, CopyButton, Group, Paper, Tooltip } from "@mantine/core";

import { Icon } from "../shell/Icon";
import { texts } from "../texts";

/** A small button that copies a value. */
export function Copy({ value, label = texts.common.copy }: { value: string; label?: string }) {
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? texts.common.copied : label}>
          <ActionIcon
            variant="subtle"
            color={copied ? "teal" : "gray"}
            onClick={copy}
            aria-label={copied ? texts.common.copied : label}
          >
            <Icon name={copied ? "check" : "copy"} size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** A button that says that it copies a value. */
export function CopyWords({ value }: { value: string }) {
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          variant="default"
          onClick={copy}
          leftSection={<Icon name={copied ? "check" : "copy"} size={14} />}
        >
          {copied ? texts.common.copied : texts.common.copy}
        </Button>
      )}
    </CopyButton>
  );
}

/** Code to take along, with a button that copies it. */
export function Snippet({ code, label }: { code: string; label?: string }) {
  return (
    <Paper withBorder p={0} style={{ overflow: "hidden" }}>
      <Group justify="flex-end" px="xs" pt={4}>
        <CopyButton value={code} timeout={1500}>
          {({ copied, copy }) => (
            <Button
              size="compact-xs"
              variant="subtle"
              color={copied ? "teal" : "gray"}
              onClick={copy}
              leftSection={<Icon name={copied ? "check" : "copy"} size={14} />}
            >
              {copied ? texts.common.copied : (label ?? texts.common.copy)}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Code
        block
        style={{ background: "transparent", overflowX: "auto" }}
        tabIndex={0}
        role="region"
        aria-label={label ?? "code"}
      >
        {code}
      </Code>
    </Paper>
  );
}
