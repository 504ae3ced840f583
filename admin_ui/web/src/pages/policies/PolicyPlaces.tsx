import {
  Button,
  Card,
  Group,
  MultiSelect,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  Title,
} from "@mantine/core";

import { COMMON_TYPES, typeLabel } from "../../logic/kinds";
import { type PlaceForm, type RuleForm, written } from "../../logic/policy";
import { TypeChip } from "../../parts/Types";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { AddType, RuleRow } from "./RuleRow";

const all = texts.policies;
const words = all.places;
const ROLES = ["system", "user", "assistant", "tool"];
const NAMED = ["tools", "models", "providers"] as const;
const NEW = { roles: ["system"], default: "scramble" };
const FIRST: RuleForm = { action: "scramble", min_score: 0 };

interface PlaceProps {
  place: PlaceForm;
  number: number;
  readOnly: boolean;
  set: (path: string[], value: unknown) => void;
  onRemove: () => void;
}

/** One place: where its rules count, and the rules. */
function OnePlace({ place, number, readOnly, set, onRemove }: PlaceProps) {
  const title = words.name(number);
  const any = (some: readonly string[]) => (some.length ? undefined : words.any);
  return (
    <Card withBorder component="section" aria-label={title}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Text size="sm">{title}</Text>
          {!readOnly && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={onRemove}>
              {words.remove(number)}
            </Button>
          )}
        </Group>
        <Group grow align="start">
          <MultiSelect
            label={words.roles}
            size="xs"
            data={ROLES}
            value={place.roles}
            disabled={readOnly}
            placeholder={any(place.roles)}
            onChange={(value) => set(["roles"], value)}
          />
          <Select
            label={words.direction}
            size="xs"
            data={Object.entries(words.directions).map(([value, label]) => ({ value, label }))}
            value={place.direction}
            disabled={readOnly}
            clearable
            placeholder={words.both}
            onChange={(value) => set(["direction"], value ?? undefined)}
          />
        </Group>
        <Group grow align="start">
          {NAMED.map((name) => (
            <TagsInput
              key={name}
              label={words[name]}
              size="xs"
              value={place[name]}
              disabled={readOnly}
              placeholder={any(place[name])}
              onChange={(value) => set([name], value)}
            />
          ))}
        </Group>
        <Switch
          size="xs"
          label={words.tighten}
          checked={place.tighten}
          disabled={readOnly}
          onChange={(event) => set(["tighten"], event.currentTarget.checked || undefined)}
        />
        {Object.entries(place.entities).map(([name, rule]) => (
          <RuleRow
            key={name}
            name={`${title}: ${typeLabel(name)}`}
            label={<TypeChip type={name} />}
            rule={rule}
            readOnly={readOnly}
            onChange={(next) => set(["entities", name], written(next))}
            onRemove={() => set(["entities", name], undefined)}
          />
        ))}
        {place.fallback && (
          <RuleRow
            name={`${title}: ${all.everythingElse}`}
            label={<Text size="sm">{all.everythingElse}</Text>}
            rule={place.fallback}
            readOnly={readOnly}
            onChange={(next) => set(["default"], written(next))}
            onRemove={() => set(["default"], undefined)}
          />
        )}
        {!readOnly && (
          <Group justify="space-between" align="end">
            <AddType
              known={COMMON_TYPES.filter((name) => !(name in place.entities))}
              label={`${title}: ${all.addType}`}
              onAdd={(name) => set(["entities", name], written(FIRST))}
            />
            {!place.fallback && (
              <Button size="xs" variant="default" onClick={() => set(["default"], written(FIRST))}>
                {words.addDefault}
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Card>
  );
}

interface PlacesProps {
  places: readonly PlaceForm[];
  readOnly: boolean;
  set: (path: string[], value: unknown) => void;
}

/** Rules by direction, role, tool, model and provider. */
export function PolicyPlaces({ places, readOnly, set }: PlacesProps) {
  return (
    <div>
      <Title order={3}>{words.title}</Title>
      <Text size="xs" c="dimmed" mb="xs">
        {words.help}
      </Text>
      <Stack gap="sm">
        {places.map((place, index) => (
          <OnePlace
            key={index}
            place={place}
            number={index + 1}
            readOnly={readOnly}
            set={(path, value) => set(["places", String(index), ...path], value)}
            onRemove={() => set(places.length > 1 ? ["places", String(index)] : ["places"], undefined)}
          />
        ))}
        {!readOnly && (
          <Button
            size="xs"
            variant="default"
            style={{ alignSelf: "start" }}
            leftSection={<Icon name="plus" size={14} />}
            onClick={() =>
              places.length ? set(["places", String(places.length)], NEW) : set(["places"], [NEW])
            }
          >
            {words.add}
          </Button>
        )}
      </Stack>
    </div>
  );
}
