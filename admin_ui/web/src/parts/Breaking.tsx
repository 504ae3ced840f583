import { Fragment } from "react";

/** A technical name that may go on in the next line behind its dots and underscores, and nowhere else. */
export function Breaking({ name }: { name: string }) {
  return name.split(/(?<=[._])/).map((part, at) => (
    <Fragment key={at}>
      {part}
      <wbr />
    </Fragment>
  ));
}
