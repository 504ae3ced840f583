export const playgroundTexts = { title: "Playground" };
