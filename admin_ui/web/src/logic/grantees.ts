import { texts } from "../texts";

const words = texts.rights;

/** A person as somebody is named by. */
export interface Person {
  id: string;
  name: string;
  email: string;
}

const GROUPS: [string, string][] = Object.entries(words.groups);

/** Who is meant, in words: "everybody", "every editor", a person's address; a key's id stays as it is. */
export function granteeLabel(grantee: string, people: readonly Person[]): string {
  return words.groups[grantee] ?? people.find((person) => person.id === grantee)?.email ?? grantee;
}

/** What the server calls whom somebody typed or chose: the other way round. */
export function granteeNamed(text: string, people: readonly Person[]): string {
  const wanted = text.trim().toLowerCase();
  const group = GROUPS.find(([, label]) => label.toLowerCase() === wanted)?.[0];
  const person = people.find((one) => [one.email, one.name].some((name) => name.toLowerCase() === wanted));
  return group ?? person?.id ?? text.trim();
}
