import {
  JsonInput,
  NumberInput,
  PasswordInput,
  Select,
  Stack,
  Switch,
  TagsInput,
  TextInput,
} from "@mantine/core";

import { Said } from "./Said";
import type { Field } from "../logic/schema";

interface SchemaFormProps {
  fields: readonly Field[];
  values: Record<string, unknown>;
  errors: Record<string, string>;
  onChange: (values: Record<string, unknown>) => void;
}

/** A form made of a JSON schema's fields; the server checks what is sent. */
export function SchemaForm({ fields, values, errors, onChange }: SchemaFormProps) {
  return (
    <Stack gap="sm">
      {fields.map((field) => (
        <OneField
          key={field.name}
          field={field}
          value={values[field.name]}
          error={errors[field.name]}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
        />
      ))}
    </Stack>
  );
}

interface OneFieldProps {
  field: Field;
  value: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
}

function OneField({ field, value, error, onChange }: OneFieldProps) {
  const common = {
    label: field.label,
    description: field.help ? <Said text={field.help} /> : undefined,
    required: field.required,
    error,
  };
  const text = typeof value === "string" ? value : "";
  const hint =
    field.example || (field.fallback === undefined || field.fallback === null ? "" : String(field.fallback));
  switch (field.kind) {
    case "secret":
      return (
        <PasswordInput
          {...common}
          value={text}
          autoComplete="off"
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "number":
      return (
        <NumberInput
          {...common}
          value={typeof value === "number" ? value : ""}
          placeholder={hint}
          onChange={(next) => onChange(next === "" ? undefined : Number(next))}
        />
      );
    case "switch":
      return (
        <Switch
          {...common}
          checked={typeof value === "boolean" ? value : field.fallback === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <Select
          {...common}
          data={field.choices}
          value={text || null}
          placeholder={hint}
          onChange={onChange}
          clearable={!field.required}
        />
      );
    case "list":
      return (
        <TagsInput {...common} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} />
      );
    case "json":
      return (
        <JsonInput
          {...common}
          value={
            typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value, null, 2)
          }
          autosize
          minRows={2}
          formatOnBlur
          onChange={onChange}
        />
      );
    default:
      return (
        <TextInput
          {...common}
          value={text}
          placeholder={hint}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
