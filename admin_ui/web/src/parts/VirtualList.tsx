import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";

interface VirtualListProps<T> {
  items: readonly T[];
  label: string;
  rowHeight?: number;
  /** Every row is as high as `rowHeight` says: none is measured, which costs a layout each. */
  even?: boolean;
  height?: number | string;
  header?: ReactNode;
  onEnd?: () => void;
  row: (item: T, index: number) => ReactNode;
}

/** A long list of which only the rows in sight exist. Arrow keys move the focus from row to row. */
export function VirtualList<T>({
  items,
  label,
  rowHeight = 44,
  even = false,
  height = 560,
  header,
  onEnd,
  row,
}: VirtualListProps<T>) {
  const frame = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the list owns its virtualizer; nothing here is memoised
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    onChange: (instance) => {
      const last = instance.getVirtualItems().at(-1);
      if (last && last.index >= items.length - 5) onEnd?.();
    },
  });
  // A window that is turned or pulled gives rows another height; what was measured before no longer holds.
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step) return;
    const rows = Array.from(frame.current?.querySelectorAll<HTMLElement>("[data-row]") ?? []);
    const at = rows.findIndex((element) => element.contains(document.activeElement));
    const next = rows[at + step];
    if (!next) return;
    event.preventDefault();
    (next.querySelector<HTMLElement>("a,button") ?? next).focus();
  };
  return (
    <div
      style={{
        border: "1px solid var(--sting-line)",
        borderRadius: 8,
        background: "var(--sting-surface)",
        overflow: "hidden",
      }}
    >
      {header}
      <div
        ref={frame}
        aria-label={label}
        role="group"
        tabIndex={0}
        onKeyDown={move}
        style={{ maxHeight: height, overflow: "auto" }}
      >
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const value = items[item.index];
            return value === undefined ? null : (
              <div
                key={item.key}
                data-row
                data-index={item.index}
                ref={even ? undefined : virtual.measureElement}
                style={{
                  position: "absolute",
                  top: 0,
                  left: 0,
                  width: "100%",
                  height: even ? rowHeight : undefined,
                  contain: even ? "layout style" : undefined,
                  transform: `translateY(${item.start}px)`,
                }}
              >
                {row(value, item.index)}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
