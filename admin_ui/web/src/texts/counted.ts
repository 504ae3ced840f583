const number = (count: number) => count.toLocaleString("en");

/** A count with its noun: "1 request", "1,204 requests". `many` where an s does not do. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;
