import { count } from "../logic/format";
import { chipWidth, fitting } from "../logic/fit";
import { typeLabel } from "../logic/kinds";
import { TypeChip } from "./Types";

const MORE_PX = 40;

/** Types with their counts in one line of `room` pixels: as many chips as stand whole, then how many more there are. */
export function ChipRow({ entities, room }: { entities: Record<string, number>; room: number }) {
  const all = Object.entries(entities);
  const said = all.map(([type, found]) => `${typeLabel(type)} ${count(found)}`);
  const fits = fitting(said.map(chipWidth), room, MORE_PX);
  return (
    <>
      {all.slice(0, fits).map(([type, found]) => (
        <TypeChip key={type} type={type}>
          {count(found)}
        </TypeChip>
      ))}
      {fits < all.length && (
        <span
          className="chip num"
          data-plain
          style={{ "--kind": "var(--k-other)" } as React.CSSProperties}
          title={said.slice(fits).join(", ")}
        >
          +{all.length - fits}
        </span>
      )}
    </>
  );
}
