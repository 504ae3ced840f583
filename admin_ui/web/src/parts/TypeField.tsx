import { Autocomplete, type AutocompleteProps } from "@mantine/core";
import { forwardRef } from "react";

import { labelled, typeNamed } from "../logic/kinds";

interface TypeFieldProps extends Omit<AutocompleteProps, "data" | "onOptionSubmit"> {
  /** Entity types that are offered; any other may be typed. */
  known: readonly string[];
  /** An offered type was chosen, by the name that the server knows. */
  onType?: (type: string) => void;
}

/** A field for an entity type: offers "E-mail", means `EMAIL_ADDRESS`; `typeNamed` reads what was typed. */
export const TypeField = forwardRef<HTMLInputElement, TypeFieldProps>(function TypeField(
  { known, onType, ...rest },
  ref,
) {
  return (
    <Autocomplete
      ref={ref}
      data={labelled(known)}
      onOptionSubmit={(label) => onType?.(typeNamed(label, known))}
      {...rest}
    />
  );
});
