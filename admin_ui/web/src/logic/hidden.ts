import { useEffect } from "react";

/** Runs `drop` when nobody sees the page any more: another tab lies over it, the window is minimised, the screen is locked. */
export function useWhenHidden(drop: () => void): void {
  useEffect(() => {
    const seen = () => {
      if (document.visibilityState === "hidden") drop();
    };
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  });
}
