import { Accordion, MultiSelect, NumberInput, Select, Stack, Switch, TagsInput, Text } from "@mantine/core";

import { type PolicyField, SECTIONS, valueAt, YAML_ONLY } from "../../logic/policyFields";
import { texts } from "../../texts";

const words = texts.policies;
const list = (raw: unknown): string[] => (Array.isArray(raw) ? raw.map(String) : []);

interface FieldProps {
  field: PolicyField;
  /** What the text says, undefined where it says nothing. */
  own: unknown;
  /** What counts then. */
  inherited: unknown;
  readOnly: boolean;
  onChange: (value: unknown) => void;
}

function OneField({ field, own, inherited, readOnly, onChange }: FieldProps) {
  const { label, help, empty } = words.fields[field.path] ?? { label: field.path };
  const common = { label, description: help, disabled: readOnly };
  const counts = own ?? inherited;
  switch (field.kind) {
    case "switch": {
      const [off, on] = field.values ?? [false, true];
      return (
        <Switch
          {...common}
          aria-label={label}
          checked={counts === on}
          onChange={(event) => onChange(event.currentTarget.checked ? on : off)}
        />
      );
    }
    case "choice":
      return (
        <Select
          {...common}
          data={(field.values ?? []).map((value) => ({ value, label: words.choices[value] ?? value }))}
          value={counts === undefined ? null : String(counts)}
          onChange={onChange}
          allowDeselect={false}
        />
      );
    case "number":
      return (
        <NumberInput
          {...common}
          min={0}
          allowDecimal={false}
          thousandSeparator=","
          value={typeof own === "number" ? own : ""}
          placeholder={inherited == null ? words.noLimit : Number(inherited).toLocaleString("en")}
          onChange={(value) => onChange(value === "" ? undefined : Number(value))}
        />
      );
    default: {
      const lists = {
        ...common,
        value: list(own),
        onChange,
        placeholder: list(own).length ? undefined : list(inherited).join(", ") || (empty ?? words.noneListed),
      };
      return field.values ? <MultiSelect {...lists} data={[...field.values]} /> : <TagsInput {...lists} />;
    }
  }
}

interface SectionsProps {
  own: Record<string, unknown>;
  effective: Record<string, unknown>;
  readOnly: boolean;
  set: (path: string[], value: unknown) => void;
}

/** Every field of a policy beside its rules, by what it is about. */
export function PolicySections({ own, effective, readOnly, set }: SectionsProps) {
  return (
    <div>
      <Accordion multiple order={3} variant="separated" chevronPosition="left">
        {SECTIONS.map(({ name, fields }) => (
          <Accordion.Item key={name} value={name}>
            <Accordion.Control>{words.sections[name]}</Accordion.Control>
            <Accordion.Panel>
              <Stack gap="sm">
                {fields.map((field) => (
                  <OneField
                    key={field.path}
                    field={field}
                    own={valueAt(own, field.path)}
                    inherited={valueAt(effective, field.path)}
                    readOnly={readOnly}
                    onChange={(value) => set(field.path.split("."), value)}
                  />
                ))}
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      <Text size="xs" c="dimmed" mt="xs">
        {words.yamlOnly(YAML_ONLY.join(", "))}
      </Text>
    </div>
  );
}
