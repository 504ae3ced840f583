import { Button, Group, Kbd, Modal, Progress, Stack, Text, Title } from "@mantine/core";
import { type KeyboardEvent, useRef, useState } from "react";

import type { Column } from "../../api/jars";
import { percent } from "../../logic/format";
import { typeNamed } from "../../logic/kinds";
import { TypeField } from "../../parts/TypeField";
import { TypeChip } from "../../parts/Types";
import { texts } from "../../texts";
import type { Word } from "./Columns";
import { TYPES } from "./types";

const words = texts.data.jar;

interface ReviewQueueProps {
  columns: Column[];
  onSay: (word: Word) => Promise<unknown>;
  onClose: () => void;
}

/** One column after the other, by keyboard: right, not personal, or another type. */
export function ReviewQueue({ columns, onSay, onClose }: ReviewQueueProps) {
  // The list as it was at the start: what is decided leaves the page's list, not this one.
  const [list] = useState(columns);
  const [at, setAt] = useState(0);
  const [type, setType] = useState<string | null>(null);
  const mine = useRef(new Set<number>());
  const field = useRef<HTMLInputElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const column = list[at];
  const say = async (word: Omit<Word, "table" | "name">) => {
    if (!column) return;
    // The field goes, and with it the focus: keys would be heard by nobody.
    first.current?.focus();
    setType(null);
    // Who goes back to a column changes their own word.
    const version = mine.current.has(at) ? undefined : column.version;
    try {
      await onSay({ table: column.table, name: column.name, version, ...word });
    } catch {
      return; // whoever is asked has said why; the column waits on
    }
    mine.current.add(at);
    if (at + 1 < list.length) setAt(at + 1);
    else onClose();
  };
  const press = (event: KeyboardEvent) => {
    if (event.target === field.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const act: Record<string, () => void> = {
      y: () => void say({ confirm: true }),
      Enter: () => void say({ confirm: true }),
      n: () => void say({ entity_type: null }),
      t: () => setType(""),
      ArrowRight: () => setAt(Math.min(at + 1, list.length - 1)),
      ArrowLeft: () => setAt(Math.max(at - 1, 0)),
    };
    const chosen = act[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!chosen || (event.key === "Enter" && (event.target as HTMLElement).tagName === "BUTTON")) return;
    event.preventDefault();
    chosen();
  };
  if (!column) return null;
  return (
    <Modal
      opened
      onClose={onClose}
      title={`${words.queue} ${at + 1}/${list.length}`}
      size="lg"
      onKeyDown={press}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <Stack>
        <Progress value={(at / list.length) * 100} aria-label={words.queue} />
        <div aria-live="polite">
          <Text c="dimmed" size="sm">
            {column.table}
          </Text>
          <Title order={2}>{column.name}</Title>
          <Group mt="xs">
            {column.entity_type ? <TypeChip type={column.entity_type} /> : <Text>{words.notPersonal}</Text>}
            <Text size="sm" c="dimmed">
              {words.sure(percent(column.confidence))} · {words.filled(percent(column.share))} ·{" "}
              {words.roles[column.role]}
            </Text>
          </Group>
          {Object.keys(column.found).length > 0 && (
            <Group gap={6} mt="xs">
              <Text size="sm">{words.found}:</Text>
              {Object.keys(column.found).map((one) => (
                <TypeChip key={one} type={one} />
              ))}
            </Group>
          )}
        </div>
        {type !== null && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (type.trim()) void say({ entity_type: typeNamed(type, TYPES) });
            }}
          >
            <TypeField
              ref={field}
              aria-label={words.otherType}
              placeholder={words.otherType}
              known={TYPES}
              value={type}
              onChange={setType}
              onType={(value) => void say({ entity_type: value })}
              data-autofocus
              autoFocus // eslint-disable-line jsx-a11y/no-autofocus -- opened by a key: typing goes on in it
            />
          </form>
        )}
        <Group>
          <Button
            ref={first}
            data-autofocus
            onClick={() => void say({ confirm: true })}
            rightSection={<Kbd size="xs">Y</Kbd>}
          >
            {words.confirm}
          </Button>
          <Button
            variant="default"
            onClick={() => void say({ entity_type: null })}
            rightSection={<Kbd size="xs">N</Kbd>}
          >
            {words.isNotPersonal}
          </Button>
          <Button variant="default" onClick={() => setType("")} rightSection={<Kbd size="xs">T</Kbd>}>
            {words.otherType}
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          {words.queueHelp}
        </Text>
      </Stack>
    </Modal>
  );
}
