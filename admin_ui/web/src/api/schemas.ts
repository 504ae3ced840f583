import type { components } from "./types";

/** What the console's routes take and give, by the names of its OpenAPI description. */
export type Schemas = components["schemas"];
