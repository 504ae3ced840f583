import { Button, Group, Popover, Stack, UnstyledButton } from "@mantine/core";
import { useState } from "react";

import type { Column } from "../../api/jars";
import { typeLabel, typeNamed } from "../../logic/kinds";
import { TypeField } from "../../parts/TypeField";
import { TypeChip } from "../../parts/Types";
import { texts } from "../../texts";
import type { Word } from "./Columns";
import { TYPES } from "./types";

const words = texts.data.jar;

/** A column's class as a chip; pressed, it can be corrected. */
export function ColumnChip({
  column,
  readOnly,
  onSay,
}: {
  column: Column;
  readOnly: boolean;
  onSay: (word: Word) => void;
}) {
  const [opened, setOpened] = useState(false);
  const [type, setType] = useState("");
  const chip = column.entity_type ? (
    <TypeChip type={column.entity_type} />
  ) : (
    <span className="chip" data-plain style={{ "--kind": "var(--k-other)" } as React.CSSProperties}>
      {words.notPersonal}
    </span>
  );
  if (readOnly) return chip;
  const say = (entity_type: string | null) => {
    onSay({ table: column.table, name: column.name, entity_type });
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus position="bottom-start" withArrow>
      <Popover.Target>
        <UnstyledButton
          onClick={() => setOpened(!opened)}
          aria-label={`${column.name}: ${column.entity_type ? typeLabel(column.entity_type) : words.notPersonal}. ${words.otherType}`}
        >
          {chip}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <TypeField
            aria-label={words.otherType}
            placeholder={words.otherType}
            known={TYPES}
            value={type}
            onChange={setType}
            onType={say}
            comboboxProps={{ withinPortal: false }}
            limit={8}
          />
          <Group gap="xs">
            <Button size="xs" disabled={!type} onClick={() => say(typeNamed(type, TYPES))}>
              {texts.common.save}
            </Button>
            <Button size="xs" variant="default" onClick={() => say(null)}>
              {words.isNotPersonal}
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
