export const settingsTexts = { title: "Settings" };
