/** As the `ref` of what has just appeared: a message below the edge of a long form is seen by nobody. */
export function inSight(node: HTMLElement | null): void {
  node?.scrollIntoView({ block: "nearest" });
}
