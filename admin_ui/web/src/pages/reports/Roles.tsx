import { Alert, Badge, Card, Select, Table, Text, Tooltip } from "@mantine/core";

import { useJar } from "../../api/jars";
import type { Order } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { percent } from "../../logic/format";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.reports;
type Ref = Schemas["ColumnRef"];
const name = (ref: Ref) => `${ref.table}.${ref.column}`;

interface RolesProps {
  roles: Schemas["RoleView"][];
  chosen: Order["roles"];
  jar: string;
  /** Titles of the sections that this data says nothing to. */
  silent: string[];
  onChange: (roles: Order["roles"]) => void;
}

/** What a template needs and the column proposed for it, to be changed where it is wrong. */
export function Roles({ roles, chosen, jar, silent, onChange }: RolesProps) {
  const found = useJar(jar);
  const columns = (found.data?.tables ?? []).flatMap((table) =>
    table.columns.map((column) => `${table.name}.${column.name}`),
  );
  const pick = (role: string, value: string | null) => {
    const rest = Object.fromEntries(Object.entries(chosen ?? {}).filter(([name]) => name !== role));
    if (!value) return onChange(rest);
    const at = value.indexOf(".");
    return onChange({ ...rest, [role]: { table: value.slice(0, at), column: value.slice(at + 1) } as Ref });
  };
  const missing = roles.filter((role) => role.required && !role.column).length;
  return (
    <Card padding={0}>
      <Text c="dimmed" size="sm" p="md" pb={0}>
        {words.rolesLead}
      </Text>
      {(missing > 0 || silent.length > 0) && (
        <Alert color="orange" m="md" mb={0} py="xs" role="status" icon={<Icon name="alert" size={18} />}>
          {missing > 0 && <div>{words.rolesMissing(missing)}</div>}
          {silent.length > 0 && <div>{words.silent(silent)}</div>}
        </Alert>
      )}
      <Table.ScrollContainer minWidth={520}>
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.role}</Table.Th>
              <Table.Th>{words.column}</Table.Th>
              <Table.Th>{words.sure}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {roles.map((role) => (
              <Table.Tr key={role.role}>
                <Table.Td>
                  {role.title} {role.required && <Badge size="xs">{words.required}</Badge>}
                </Table.Td>
                <Table.Td>
                  <Select
                    aria-label={role.title}
                    size="xs"
                    data={[
                      ...new Set([
                        ...(role.column ? [name(role.column)] : []),
                        ...role.others.map(name),
                        ...columns,
                      ]),
                    ]}
                    value={role.column ? name(role.column) : null}
                    placeholder={words.noColumn}
                    onChange={(value) => pick(role.role, value)}
                    searchable
                    error={role.required && !role.column}
                  />
                </Table.Td>
                <Table.Td>
                  <Tooltip label={role.reason} disabled={!role.reason}>
                    <span className="num">{role.column ? percent(role.confidence) : "–"}</span>
                  </Tooltip>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}
